import Courier

/// Decides when the supervisor gets a sign of life: when every part of the daemon has moved since
/// the last one.
struct WatchdogProcess: Process {
  /// A part that all work needs.
  enum Part: String, CaseIterable, Sendable {
    case writer = "the journal's writer"
    case poller = "the thread of the sockets"
    case http = "the event loops of HTTP"
  }

  enum Input: Sendable {
    case woke
    case answered([Part])
    /// The state was sent.
    case described
  }

  enum Action: Hashable, Sendable {
    /// Ask the part for an answer, which is an input.
    case ask(Part)
    /// Give the supervisor its sign.
    case feed
    /// Send the state in one line, after which ``Input/described`` is an input: it may wait for the
    /// journal, which must not delay the sign.
    case describe
    /// Log that parts have not answered for a time.
    case report([Part], Duration)
  }

  static let start = Input.woke
  static let wake = Input.woke

  /// The time between two rounds of questions.
  private let interval: Duration
  private var waiting: Set<Part> = []
  private var askedAt = Duration.zero
  private var isReported = false
  private var isDescribing = false

  /// - Parameter patience: the time within which the supervisor expects a sign.
  init(patience: Duration) {
    interval = patience / 3
  }

  mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    switch input {
    case .woke: [.wake(at: now + interval)] + look(at: now).map { .perform($0) }
    case .answered(let parts): parts.flatMap { answered($0) }.map { .perform($0) }
    case .described: described()
    }
  }

  private mutating func look(at now: Duration) -> [Action] {
    guard !waiting.isEmpty else {
      waiting = Set(Part.allCases)
      askedAt = now
      return Part.allCases.map { .ask($0) }
    }
    guard !isReported else { return [] }
    isReported = true
    return [.report(Part.allCases.filter(waiting.contains), now - askedAt)]
  }

  private mutating func answered(_ part: Part) -> [Action] {
    guard waiting.remove(part) != nil, waiting.isEmpty else { return [] }
    isReported = false
    defer { isDescribing = true }
    return isDescribing ? [.feed] : [.feed, .describe]
  }

  private mutating func described() -> [Effect<Input, Action>] {
    isDescribing = false
    return []
  }
}
