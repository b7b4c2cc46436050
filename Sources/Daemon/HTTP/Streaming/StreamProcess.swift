/// What a stream does next: a value, without I/O and without a clock.
///
/// It reads when the journal has committed, one part at a time, and not before the client has taken
/// the part before: a slow client makes nothing grow. An idle stream shows that it lives.
struct StreamProcess {
  /// The next thing to do.
  enum Step: Hashable {
    /// Read the part after the position; whether the journal has committed since the part before.
    case read(after: Int64, hasCommitted: Bool)
    /// Write a sign of life.
    case beat(at: Int64)
    /// Wait for news, at most for a time.
    case wait(Duration)
    case end(End)
  }

  /// The reason for which a stream ends.
  enum End: Hashable {
    case clientLeft
    case serviceStops
    /// The journal could not be read; the client connects again, and gets the reason.
    case unreadable(String)
  }

  /// The time between two signs of life.
  static let beatPause = Duration.seconds(15)
  /// The least time between two reads of a stream that is at the end: commits in quick succession
  /// share a read.
  static let readPause = Duration.milliseconds(20)

  /// The position through which the client has everything.
  private(set) var position: Int64
  /// The number of events that were sent.
  private(set) var count = 0
  private var hasNews = true
  private var hasCommitted = false
  private var isBehind = true
  private var end: End?
  private var readAt: Duration
  private var wroteAt: Duration

  init(after position: Int64, at now: Duration) {
    self.position = position
    readAt = now
    wroteAt = now
  }

  /// The next step, at a time.
  mutating func next(at now: Duration) -> Step {
    if let end { return .end(end) }
    let beatAt = wroteAt + Self.beatPause
    let mayReadAt = isBehind ? now : readAt + Self.readPause
    if hasNews, now >= mayReadAt {
      defer { hasCommitted = false }
      hasNews = false
      return .read(after: position, hasCommitted: hasCommitted)
    }
    if now >= beatAt { return .beat(at: position) }
    return .wait((hasNews ? min(mayReadAt, beatAt) : beatAt) - now)
  }

  /// The journal has committed.
  mutating func committed() {
    hasNews = true
    hasCommitted = true
  }

  /// A part was read, which is written next.
  mutating func read(_ events: Int, through position: Int64, continues: Bool, at now: Duration) {
    self.position = position
    count += events
    readAt = now
    isBehind = continues
    hasNews = hasNews || continues
  }

  /// The client has taken what was written.
  mutating func wrote(at now: Duration) {
    wroteAt = now
  }

  /// The stream is to end; the first reason holds.
  mutating func stop(_ end: End) {
    self.end = self.end ?? end
  }
}

extension StreamProcess.End: CustomStringConvertible {
  /// Whether the service has failed.
  var isFailure: Bool {
    if case .unreadable = self { true } else { false }
  }

  /// The reason as the end of a log line.
  var description: String {
    switch self {
    case .clientLeft: "the connection has closed"
    case .serviceStops: "the service stops"
    case .unreadable(let error): "the journal cannot be read: \(error)"
    }
  }
}
