package import Events
package import FoundationEssentials
package import Journal

/// Decides how a service follows one stream: it keeps a place in the publisher's history, takes
/// the events that come next, and notices by number and chain when something is missing.
///
/// A value without I/O: inputs come in with the time, actions go out, and whoever performs them
/// performs them in order. `apply` is done, durably, before the next input comes in.
package struct Follower: Sendable {
  /// What a follower wants done.
  package enum Action: Hashable, Sendable {
    /// Apply these events, which follow one another, and move the cursor.
    case apply([Record], through: Cursor)
    /// Ask the publisher's log.
    case request(Request)
    /// Tell people.
    case report(Report)
  }

  /// What people are told.
  package enum Report: Hashable, Sendable {
    /// The publisher is heard, and its history is the one that was followed.
    case live(at: UInt64)
    /// Events between the cursor and this number were not heard; they are fetched.
    case gap(before: UInt64)
    /// Nothing was heard for five seconds.
    case away
    /// Following has stopped until an operator decides.
    case stopped(Refusal)
    /// A message was neither an event nor a beat.
    case garbage
  }

  enum Phase: Hashable, Sendable {
    case connecting
    case catchingUp
    case live
    case away
    case stopped(Refusal)
  }

  /// The followed stream.
  package let stream: String
  /// The name under which the follower acknowledges.
  let consumer: String
  /// The last event that was handed over to be applied.
  package private(set) var cursor: Cursor
  private(set) var phase = Phase.connecting
  /// The publisher's end of the log, as last heard.
  private var head: UInt64?
  /// Live events after the cursor that came while something before them was missing.
  private var ahead = RunAhead()
  private var fetching: Fetching
  private var acknowledged: UInt64?
  private var acknowledgedAt: Duration
  private let startedAt: Duration
  /// For how long nothing was heard, as far as the follower listened.
  private var silentFor = Duration.zero
  private var tickedAt: Duration
  /// The publisher's end of the log when it first answered.
  private var headAtStart: UInt64?
  private var isReady = false

  /// A follower that has applied the stream up to a place.
  package init(_ stream: String, as consumer: String, from cursor: Cursor, at now: Duration) {
    self.stream = stream
    self.consumer = consumer
    self.cursor = cursor
    fetching = Fetching(at: now)
    acknowledgedAt = now
    startedAt = now
    tickedAt = now
  }

  /// How the service stands with the stream.
  package var subscription: Subscription {
    let (state, reason): (Subscription.State, String?) =
      switch phase {
      case .connecting: (.connecting, nil)
      case .catchingUp: (.catchingUp, nil)
      case .live: (.live, nil)
      case .away: (.away, "nothing is heard of \(stream)")
      case .stopped(let refusal): (.stopped, "\(refusal.code.rawValue): \(refusal.message)")
      }
    return Subscription(
      stream: stream, cursor: cursor.sequence, head: head, state: state, reason: reason,
      isReady: isReady)
  }
}

// MARK: Time

extension Follower {
  /// How long a stream may be silent before its publisher is away.
  static let silence = Duration.seconds(5)
  /// A tick stands for so much time at most.
  ///
  /// More has passed only when the follower itself was busy or stopped, and what was said meanwhile
  /// is still to be heard.
  static let longestTick = Duration.milliseconds(500)
  /// How long after the start nothing has to be heard for a service to be ready all the same.
  static let patience = Duration.seconds(2)
  /// So many events are applied at once at most, so that other work has its turn.
  static let maxRun = 500
  /// Acknowledgements are at least so far apart.
  static let acknowledgementInterval = Duration.seconds(1)

  /// Time has passed; called a few times a second.
  package mutating func tick(at now: Duration, random: UInt64) -> [Action] {
    if case .stopped = phase { return [] }
    var actions: [Action] = []
    silentFor += min(now - tickedAt, Self.longestTick)
    tickedAt = now
    let isSilent = (phase == .live || phase == .catchingUp) && silentFor >= Self.silence
    // Without an answer of its log, the publisher is as good as not there yet.
    let isUnanswered = headAtStart == nil && now - startedAt >= Self.patience
    if isSilent || isUnanswered && phase == .connecting {
      phase = .away
      actions.append(.report(.away))
    }
    if isUnanswered || phase == .away { isReady = true }
    fetching.tick(at: now, random: random)
    if phase != .live, let request = fetch(at: now) { actions.append(request) }
    return actions + acknowledge(at: now)
  }

  private mutating func acknowledge(at now: Duration) -> [Action] {
    guard phase == .live, let epoch = cursor.epoch, acknowledged != cursor.sequence,
      now - acknowledgedAt >= Self.acknowledgementInterval
    else { return [] }
    (acknowledged, acknowledgedAt) = (cursor.sequence, now)
    return [
      .request(
        .acknowledge(
          Acknowledgement(
            consumer: consumer, stream: stream, epoch: epoch, sequence: cursor.sequence)))
    ]
  }

  private mutating func fetch(at now: Duration) -> Action? {
    guard let id = fetching.begin(at: now) else { return nil }
    return .request(
      .fetch(
        Fetch(
          id: .integer(id), consumer: consumer, stream: stream, epoch: cursor.epoch,
          after: cursor.sequence, chain: cursor.epoch == nil ? nil : cursor.chain,
          limit: Fetch.maxLimit)))
  }

  /// Something is missing or unsure: the log decides.
  private mutating func catchUp(at now: Duration) -> [Action] {
    phase = .catchingUp
    return fetch(at: now).map { [$0] } ?? []
  }
}

// MARK: Live messages

extension Follower {
  /// Messages were heard on the stream's events.
  package mutating func hear(_ messages: [[Data]], at now: Duration) -> [Action] {
    if case .stopped = phase { return [] }
    var actions: [Action] = []
    var run: [Record] = []
    for frames in messages {
      if let record = Record(sent: frames), record.topic.stream == stream {
        hear(record, &run, &actions, at: now)
      } else if let beat = Beat(frames: frames) {
        guard beat.stream == stream else { continue }
        isHeard()
        flush(&run, into: &actions)
        actions += hear(beat, at: now)
      } else {
        actions.append(.report(.garbage))
      }
    }
    flush(&run, into: &actions)
    return actions
  }

  private mutating func isHeard() {
    silentFor = .zero
  }

  private mutating func hear(
    _ record: Record, _ run: inout [Record], _ actions: inout [Action], at now: Duration
  ) {
    let header = record.header
    guard phase == .live else { return ahead.append(record) }
    if header.epoch == cursor.epoch,
      record.follows(sequence: cursor.sequence, chain: cursor.chain)
    {
      advance(to: header)
      run.append(record)
      if run.count == Self.maxRun { flush(&run, into: &actions) }
    } else if header.epoch != cursor.epoch || header.sequence > cursor.sequence {
      ahead.append(record)
      flush(&run, into: &actions)
      if header.sequence > cursor.sequence + 1 {
        actions.append(.report(.gap(before: header.sequence)))
      }
      actions += catchUp(at: now)
    }
  }

  /// Hands over the events that came one after another as one piece of work.
  private mutating func flush(_ run: inout [Record], into actions: inout [Action]) {
    guard !run.isEmpty else { return }
    actions.append(.apply(run, through: cursor))
    run = []
  }

  private mutating func advance(to header: Header) {
    cursor.sequence = header.sequence
    cursor.chain = header.chain
    head = max(head ?? 0, header.sequence)
  }

  private mutating func hear(_ beat: Beat, at now: Duration) -> [Action] {
    head = beat.cursor.sequence
    guard phase != .live || beat.cursor != cursor else { return [] }
    var actions: [Action] = []
    if phase == .live, beat.cursor.epoch == cursor.epoch, beat.cursor.sequence > cursor.sequence {
      actions.append(.report(.gap(before: beat.cursor.sequence + 1)))
    }
    if phase == .away || phase == .connecting { fetching.reset() }
    return actions + catchUp(at: now)
  }
}

// MARK: Answers of the log

extension Follower {
  /// The publisher's log answered.
  package mutating func answer(_ frames: [Data], at now: Duration, random: UInt64) -> [Action] {
    guard let reply = Reply(frames: frames) else { return [.report(.garbage)] }
    guard fetching.isFor(reply.id) else { return [] }
    switch reply {
    case .events(let answer, let records):
      return take(records, answer, at: now, random: random)
    case .error(let refusal):
      phase = .stopped(refusal)
      isReady = false
      return [.report(.stopped(refusal))]
    case .status: return []
    }
  }

  private mutating func take(
    _ records: [Record], _ answer: EventsAnswer, at now: Duration, random: UInt64
  ) -> [Action] {
    guard answer.stream == stream, let end = answer.end(of: records, after: cursor) else {
      fetching.fail(at: now, random: random)
      return [.report(.garbage)]
    }
    fetching.reset()
    isHeard()
    let wasAt = cursor
    (cursor, head) = (end, answer.head)
    var actions: [Action] = []
    if cursor != wasAt { actions.append(.apply(records, through: cursor)) }
    // An answer that leads nowhere would lead there again at once.
    if cursor.sequence == wasAt.sequence, cursor.sequence < answer.head {
      fetching.fail(at: now, random: random)
    }
    headAtStart = headAtStart ?? answer.head
    if let headAtStart, cursor.sequence >= headAtStart { isReady = true }
    guard cursor.sequence >= answer.head else { return actions + catchUp(at: now) }
    phase = .live
    // What was acknowledged before may have gone with the publisher that heard it.
    acknowledged = nil
    actions.append(.report(.live(at: cursor.sequence)))
    return actions + hearAhead(afterProgress: cursor != wasAt, at: now)
  }

  /// The events heard meanwhile have their turn.
  ///
  /// What the log does not lead to, though it was asked, is dropped: were it asked again, it would
  /// be for ever. If it comes to be, a beat tells.
  private mutating func hearAhead(afterProgress: Bool, at now: Duration) -> [Action] {
    let heard = ahead.take(after: cursor)
    guard let next = heard.first,
      afterProgress || next.follows(sequence: cursor.sequence, chain: cursor.chain)
    else { return [] }
    return hear(heard.map(\.frames), at: now)
  }
}
