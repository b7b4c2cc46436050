package import Events
import FoundationEssentials
package import Journal

/// Decides how a service follows one stream: it keeps a place in the publisher's history, takes the
/// next events, and detects a missing event by number and chain.
///
/// A value without I/O: it takes inputs with the time, and returns actions. A driver performs the
/// actions in order. `apply` is durable before the next input.
package struct Follower: Sendable {
  /// The actions of a follower.
  package enum Action: Hashable, Sendable {
    /// Apply these events, which follow one another, and move the cursor.
    case apply([Record], from: Cursor, through: Cursor)
    /// Ask the publisher's log.
    case request(LogRequest)
    /// Report to people.
    case report(Report)
  }

  /// The reports for people.
  package enum Report: Hashable, Sendable {
    /// The follower has caught up, and the publisher's history is the followed one.
    case live(at: UInt64)
    /// Events between the cursor and this number were missed; they are fetched.
    case gap(before: UInt64)
    /// No message arrived for five seconds.
    case away
    /// Following has stopped until the histories agree again, or an operator decides.
    case stopped(Refusal)
    /// A message was neither an event nor a beat.
    case garbage
    /// The publisher uses versions that this service does not know.
    case lacks([LackedVersion])
    /// No event was applied for a while, although the log has more.
    case stalled(String)
    /// A stall is over.
    case resumed
    /// The publisher refuses acknowledgements.
    case unacknowledged(Refusal)
  }

  enum Phase: Hashable, Sendable {
    case connecting
    case catchingUp
    case live
    case away
    /// The publisher's history is another. It is asked again now and then.
    case stopped(Refusal)
    /// The service itself has lost a part of its own history, and applies nothing.
    case lost(String)
  }

  /// The followed stream.
  package let stream: String
  /// The name under which the follower acknowledges.
  let consumer: String
  /// The last event that was handed over to be applied.
  package internal(set) var cursor: Cursor
  var phase = Phase.connecting
  /// The end of the publisher's log, by its last message.
  var head: UInt64?
  /// Live events after the cursor that arrived while earlier events were missing.
  var ahead: RunAhead
  var fetching: Fetching
  var acknowledging: Acknowledging
  var stalling: Stalling
  /// The topic of the beats that are meant for this follower.
  let beatTopic: Data
  private let startedAt: Duration
  /// The time without a message, as far as the follower listened.
  var silentFor = Duration.zero
  private var tickedAt: Duration
  /// The end of the publisher's log at its first answer.
  var headAtStart: UInt64?
  var isReady = false
  var counts = Subscription.Counts()
  var catalogue: CatalogueCheck

  /// A follower that has applied the stream up to a place.
  ///
  /// - Parameters:
  ///   - known: the versions that are read of each type that is reacted to.
  ///   - patience: after how long without progress it is stalled.
  ///   - queued: how many live events may wait for missing ones; nil for 4,096.
  package init(
    _ stream: String, as consumer: String, from cursor: Cursor,
    reading known: [String: [UInt16]] = [:], patience: Duration = .seconds(30),
    queued: Int? = nil, at now: Duration
  ) {
    ahead = RunAhead(limit: queued ?? RunAhead.usualLimit)
    self.stream = stream
    self.consumer = consumer
    self.cursor = cursor
    catalogue = CatalogueCheck(reading: known)
    fetching = Fetching(at: now)
    acknowledging = Acknowledging(at: now)
    stalling = Stalling(patience: patience)
    beatTopic = Topic.beat(to: Data(Topic.prefix(ofStream: stream).utf8))
    startedAt = now
    tickedAt = now
  }

  /// The state of the stream.
  package var subscription: Subscription {
    let (state, reason): (Subscription.State, String?) =
      switch phase {
      case .connecting: (.connecting, stalling.reason)
      case .catchingUp: (.catchingUp, stalling.reason)
      case .live:
        (.live, acknowledging.refusal.map { "acknowledgements are refused: \($0.message)" })
      case .away: (.away, stalling.reason ?? "no message from \(stream)")
      case .stopped(let refusal):
        (.stopped, refusal.sentence(consumer: consumer, stream: stream))
      case .lost(let finding): (.stopped, finding)
      }
    return Subscription(
      stream: stream, cursor: cursor.sequence, head: head, state: state, reason: reason,
      isReady: isReady && !isStalled, isStalled: isStalled, counts: counts,
      lacks: catalogue.lacks)
  }

  private var isStalled: Bool {
    switch phase {
    case .stopped, .lost, .live: false
    case .connecting, .catchingUp, .away: stalling.reason != nil
    }
  }

  /// Counts skipped events, whose types have no reaction.
  package mutating func countUnknown(_ unknown: Int) {
    counts.unknown += UInt64(unknown)
  }
}

// MARK: Connecting

extension Follower {
  /// A request found no connected peer, so no answer comes.
  ///
  /// It is repeated at the next tick, and not after the time-out. It may have been an acknowledgement.
  package mutating func lostRequest() {
    if phase != .live { fetching.reset() }
    acknowledging.acknowledged = nil
  }
}

// MARK: Stopping

extension Follower {
  /// Whether it waits until the histories agree again.
  package var isStopped: Bool {
    if case .stopped = phase { true } else { false }
  }

  /// The service has found that it has lost a part of its own history.
  package mutating func stop(because loss: HistoryLost) {
    phase = .lost("\(loss)")
    isReady = false
  }

  /// Continues from the journal's cursor, where an operator has moved it.
  package mutating func resume(from stored: Cursor, at now: Duration) {
    guard stored != cursor else { return }
    let counts = counts
    let fetching = fetching
    let catalogue = catalogue
    self = Follower(
      stream, as: consumer, from: stored, patience: stalling.patience, queued: ahead.limit,
      at: now)
    self.counts = counts
    self.catalogue = catalogue
    // A late answer must not match a new request.
    self.fetching = fetching
    self.fetching.reset()
  }
}

// MARK: Time

extension Follower {
  /// How long a stream may be silent before its publisher is away.
  static let silence = Duration.seconds(5)
  /// The longest time that a tick counts.
  ///
  /// A longer time passes only when the follower itself was busy or stopped. The messages of that
  /// time still wait in its socket.
  static let longestTick = Duration.milliseconds(500)
  /// The time after the start from which a silent publisher does not keep the service from being
  /// ready.
  static let patience = Duration.seconds(2)
  /// The largest number of events that are applied at once, so that other work has its turn.
  static let maxRun = 500

  /// Time has passed; called a few times a second.
  package mutating func tick(at now: Duration, random: UInt64) -> [Action] {
    if case .lost = phase { return [] }
    var actions: [Action] = []
    let passed = min(now - tickedAt, Self.longestTick)
    silentFor += passed
    tickedAt = now
    let isSilent = (phase == .live || phase == .catchingUp) && silentFor >= Self.silence
    // A publisher without an answer of its log counts as away.
    let isUnanswered = headAtStart == nil && now - startedAt >= Self.patience
    if isSilent || isUnanswered && phase == .connecting {
      phase = .away
      actions.append(.report(.away))
    }
    if (isUnanswered || phase == .away) && !isStopped { isReady = true }
    fetching.tick(at: now, random: random)
    if let question = catalogue.begin() { actions.append(.request(question)) }
    if phase != .live, let request = fetch(at: now) { actions.append(request) }
    return actions + acknowledge(at: now) + noticeStall(after: passed)
  }

  /// Notices that events are due and none arrives.
  private mutating func noticeStall(after time: Duration) -> [Action] {
    guard !isStopped, phase == .catchingUp || phase != .live && stalling.isUnusable else {
      return []
    }
    let place = "at \(cursor.sequence)" + (head.map { " of \($0)" } ?? "")
    guard stalling.passed(time, at: place), let reason = stalling.reason else { return [] }
    return [.report(.stalled(reason))]
  }

  /// The cursor has moved, or every event is applied.
  mutating func progressed() -> [Action] {
    stalling.progressed() ? [.report(.resumed)] : []
  }

  private mutating func acknowledge(at now: Duration) -> [Action] {
    guard phase == .live || phase == .catchingUp, let epoch = cursor.epoch,
      acknowledging.isDue(cursor.sequence, at: now)
    else { return [] }
    return [
      .request(
        .acknowledge(
          Acknowledgement(
            id: Acknowledging.id, consumer: consumer, stream: stream, epoch: epoch,
            sequence: cursor.sequence, chain: cursor.chain)))
    ]
  }

  private mutating func fetch(at now: Duration) -> Action? {
    guard let id = fetching.begin(at: now) else { return nil }
    return .request(
      .fetch(
        Fetch(
          id: .integer(id), consumer: consumer, stream: stream, epoch: cursor.epoch,
          after: cursor.sequence, chain: cursor.sequence == 0 ? nil : cursor.chain,
          limit: Fetch.maxLimit)))
  }

  /// An event is missing, or the history is in doubt: ask the log.
  mutating func catchUp(at now: Duration) -> [Action] {
    phase = .catchingUp
    return fetch(at: now).map { [$0] } ?? []
  }
}
