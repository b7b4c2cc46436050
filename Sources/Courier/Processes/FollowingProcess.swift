package import Events
package import FoundationEssentials
package import Journal
package import Logging

/// Follows one stream and applies it to the journal.
package struct FollowingProcess: Process {
  package enum Input: Sendable {
    /// The sockets are connected, for the first time or again.
    case started
    /// The position after which deferred events are still to be retried; nil where none are.
    case deferred(after: Int64?)
    /// The journal's place in the stream.
    case stored(Cursor)
    /// Messages of the publisher's event socket.
    case received([[Data]])
    /// Messages of the publisher's log.
    case answered([[Data]])
    /// Events were applied, some of an unknown type.
    case applied([Record], through: Cursor, unknown: Int)
    /// The journal's place in the stream is another: an operator has set it, or another replica of the
    /// service has applied events.
    case stale
    /// The service has lost a part of its own history.
    case lost(HistoryLost)
    /// The number of requests that found no connected peer since the sockets were connected, and whether
    /// messages of another user were dropped.
    case counted(lostRequests: UInt64, hasForeign: Bool)
    /// The cause of the silence, where it is known.
    case silent(because: String?)
    case woke
  }

  package enum Action: Sendable {
    case request(LogRequest)
    /// A report about the stream, for an observer; people read it as log lines.
    case report(Follower.Report)
    case log(Logger.Level, String)
    /// Log that messages of another user are dropped.
    case logForeign
    /// Read the sockets' counts, for ``Input/counted(lostRequests:)``.
    case count
    /// Find the cause of the silence.
    case explainSilence
    /// Connect again if a name has a new address.
    case lookForMove
  }

  package static let start = Input.started
  package static let wake = Input.woke
  /// The number of ticks of a silent stream after which its names are looked up again: 5 s.
  private static let lookupTicks = 25
  private static let tickInterval = Duration.milliseconds(200)

  private let stream: String
  private let consumer: String
  private let known: [String: [UInt16]]
  private let patience: Duration
  private let queued: Int?
  package private(set) var follower: Follower?
  private var complaints = Complaints()
  private var lostRequests: UInt64 = 0
  private var isForeignLogged = false
  private var silence: String?
  private var silentTicks = 0
  private var ticksAt = Duration.zero
  private var isTickDue = false

  /// A follower that takes its place from the journal.
  ///
  /// - Parameters:
  ///   - consumer: the name under which it acknowledges.
  ///   - known: the versions that are read of each type that is reacted to.
  ///   - patience: after how long without progress it is stalled.
  ///   - queued: how many live events may wait for missing ones; nil for 4,096.
  package init(
    _ stream: String, as consumer: String, reading known: [String: [UInt16]],
    patience: Duration = .seconds(30), queued: Int? = nil
  ) {
    self.queued = queued
    self.stream = stream
    self.consumer = consumer
    self.known = known
    self.patience = patience
  }

  /// The state of the stream, with the cause of a silence; nil before the first place was read.
  package var subscription: Subscription? {
    guard let subscription = follower?.subscription else { return nil }
    return subscription.state == .away ? subscription.away(because: silence) : subscription
  }

  package mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    guard follower != nil else { return begin(input, at: now) }
    switch input {
    case .started:
      lostRequests = 0
      silence = nil
      return sleep(from: now)
    case .deferred: return []
    case .stored(let cursor):
      follower?.resume(from: cursor, at: now)
      return isTickDue ? tick(at: now, random: random()) : []
    case .received(let messages):
      return perform(follower?.receive(messages, at: now), at: now)
    case .answered(let messages):
      return messages.flatMap {
        perform(follower?.answer($0, at: now, random: random()), at: now)
      }
    case .applied(_, _, let unknown):
      follower?.countUnknown(unknown)
      return []
    case .stale: return [readPlace]
    case .lost(let loss):
      follower?.stop(because: loss)
      return []
    case .counted(let lost, let hasForeign):
      if lost > lostRequests { follower?.lostRequest() }
      lostRequests = lost
      guard hasForeign, !isForeignLogged else { return [] }
      isForeignLogged = true
      return [.perform(.logForeign)]
    case .silent(let cause):
      silence = cause
      let ending = cause.map { ": \($0)" } ?? ", waiting for it"
      return [.perform(.log(.warning, "no message from \(stream)\(ending)"))]
    case .woke: return wake(at: now, random: random())
    }
  }

  /// What another replica has deferred is retried before the events that follow.
  ///
  /// An older version may not read what this one reads.
  private mutating func begin(_ input: Input, at now: Duration) -> [Effect<Input, Action>] {
    switch input {
    case .stored(let cursor):
      follower = Follower(
        stream, as: consumer, from: cursor, reading: known, patience: patience, queued: queued,
        at: now)
      return sleep(from: now)
    case .deferred(after: let position?): return [retryDeferred(after: position)]
    case .deferred(after: nil): return [readPlace]
    default: return [lookForDeferred]
    }
  }

  private var lookForDeferred: Effect<Input, Action> {
    .read(Read { .deferred(after: try $0.hasWaiting() ? 0 : nil) })
  }

  private func retryDeferred(after position: Int64) -> Effect<Input, Action> {
    .write(
      Write {
        .deferred(after: try $0.retryDeferred(after: position))
      } recover: { error in
        // The journal waits for its operator, which the follower reports.
        error is HistoryLost ? .deferred(after: nil) : nil
      })
  }

  private var readPlace: Effect<Input, Action> {
    .read(Read { [stream] in .stored(try $0.cursor(of: stream)) })
  }

  private mutating func sleep(from now: Duration) -> [Effect<Input, Action>] {
    ticksAt = now + Self.tickInterval
    return [.wake(at: ticksAt)]
  }

  private mutating func wake(at now: Duration, random: UInt64) -> [Effect<Input, Action>] {
    guard now >= ticksAt else { return [.wake(at: ticksAt)] }
    let effects = sleep(from: now) + [.perform(.count)]
    isTickDue = true
    // An operator may have set the place in the stream elsewhere.
    if follower?.isStopped == true { return effects + [readPlace] }
    return effects + tick(at: now, random: random)
  }

  private mutating func tick(at now: Duration, random: UInt64) -> [Effect<Input, Action>] {
    isTickDue = false
    let effects = perform(follower?.tick(at: now, random: random), at: now)
    let lines = complaints.tick(at: now)
    return effects + lines.map { .perform(.log(.warning, $0)) } + lookForMove()
  }

  private mutating func lookForMove() -> [Effect<Input, Action>] {
    guard follower?.subscription.state == .away else { return [] }
    silentTicks += 1
    return silentTicks.isMultiple(of: Self.lookupTicks) ? [.perform(.lookForMove)] : []
  }

  // MARK: What the follower wants

  private mutating func perform(_ actions: [Follower.Action]?, at now: Duration)
    -> [Effect<Input, Action>]
  {
    (actions ?? []).flatMap { perform($0, at: now) }
  }

  private mutating func perform(_ action: Follower.Action, at now: Duration)
    -> [Effect<Input, Action>]
  {
    switch action {
    case .apply(let records, let place, let cursor):
      return [apply(records, from: place, through: cursor)]
    case .request(let request): return [.perform(.request(request))]
    case .report(.garbage):
      let sentence = "a message on the sockets of \(stream) is no event and no beat"
      let line = complaints.note("garbage", sentence: sentence, at: now)
      return [.perform(.report(.garbage))] + (line.map { [.perform(.log(.warning, $0))] } ?? [])
    case .report(.away): return [.perform(.report(.away)), .perform(.explainSilence)]
    case .report(let report):
      let lines = report.lines(stream: stream, consumer: consumer)
      return [.perform(.report(report))] + lines.map { .perform(.log($0.level, $0.text)) }
    }
  }

  private func apply(_ records: [Record], from place: Cursor, through cursor: Cursor)
    -> Effect<Input, Action>
  {
    .write(
      Write { [stream] transaction in
        let unknown = try transaction.apply(records, of: stream, from: place, through: cursor)
        return .applied(records, through: cursor, unknown: unknown)
      } recover: { error in
        if error is StaleCursor { return .stale }
        return (error as? HistoryLost).map { .lost($0) }
      })
  }
}

extension Follower.Report {
  /// The log lines for a report; garbage and silence have lines of their own.
  fileprivate func lines(stream: String, consumer: String) -> [(level: Logger.Level, text: String)]
  {
    switch self {
    case .live(let sequence): [(.info, "following \(stream) live from \(sequence)")]
    case .gap(let sequence):
      [(.notice, "events of \(stream) before \(sequence) were missed, fetching them")]
    case .away, .garbage: []
    case .stalled(let reason): [(.error, "following \(stream) is stalled: \(reason)")]
    case .resumed: [(.notice, "following \(stream) goes on")]
    case .unacknowledged(let refusal):
      [
        (
          .warning,
          "\(stream) does not take the acknowledgements of \(consumer): \(refusal.message)"
        )
      ]
    case .lacks(let versions):
      versions.map { version in
        (
          version.isReadable ? .notice : .warning,
          version.sentence(stream: stream, consumer: consumer)
        )
      }
    case .stopped(let refusal):
      [
        (
          .error,
          """
          following \(stream) has stopped: \
          \(refusal.sentence(consumer: consumer, stream: stream))
          """
        )
      ]
    }
  }
}
