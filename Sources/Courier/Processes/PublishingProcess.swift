package import Events
package import FoundationEssentials
package import Journal
package import ZeroMQ

/// Publishes committed events, and the beats.
package struct PublishingProcess: Process {
  package enum Input: Sendable {
    /// The socket is bound.
    case started
    /// Whether this replica of the service is the one that publishes.
    case holds(Bool)
    case head(Head)
    /// Subscriptions have come or gone.
    case changed([Publisher.Change])
    /// Something was committed: the events of it that are still in memory.
    case committed(CommittedTail)
    /// Another replica of the service has committed.
    case committedElsewhere
    /// The next piece of the log.
    case found(IntactRecords, Head)
    case woke
  }

  package enum Action: Sendable {
    /// Publish messages.
    case send([[Data]])
    /// See whether the socket can still be reached.
    case checkSocket
    /// Publishing stops at a place until an operator repairs the log.
    case report(DamagedLog)
  }

  /// The part of the log that is read at once, so that memory is bounded.
  package struct Limits: Sendable {
    package var events = 500
    package var bytes = 1 << 20

    package init() {}
  }

  package static let start = Input.started
  package static let wake = Input.woke

  private let catalogue: Catalogue?
  private let limits: Limits
  private var publication: Publication?
  private var isHolding: Bool
  /// Whether the log may have more than was published.
  private var hasMore = false
  private var beatsAt = Duration.zero

  /// A publisher that has published nothing yet.
  ///
  /// - Parameters:
  ///   - catalogue: the versions that are published, where that is declared.
  ///   - isHolding: whether this process publishes from the start, and not only when it is the one that
  ///     does among the replicas of its service.
  package init(
    catalogue: Catalogue? = nil, limits: Limits = Limits(), isHolding: Bool = true
  ) {
    self.catalogue = catalogue
    self.limits = limits
    self.isHolding = isHolding
  }

  /// The number of the last event that was published; nil before the start.
  package var published: UInt64? { publication?.published.sequence }

  package mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    guard var publication else { return begin(input, at: now) }
    let effects = decide(input, publication: &publication, at: now)
    self.publication = publication
    let times = [beatsAt, publication.nextBeatAt, hasMore ? now : nil].compactMap(\.self)
    return [.wake(at: times.min() ?? beatsAt)] + effects
  }

  /// Events that were committed before the start are not sent: a beat shows them, and followers
  /// fetch them.
  private mutating func begin(_ input: Input, at now: Duration) -> [Effect<Input, Action>] {
    if case .holds(let holds) = input { isHolding = holds }
    guard case .head(let head) = input else { return [readHead] }
    publication = Publication(head, catalogue: catalogue)
    beatsAt = now + .seconds(1)
    return [.wake(at: beatsAt)]
  }

  private mutating func decide(
    _ input: Input, publication: inout Publication, at now: Duration
  ) -> [Effect<Input, Action>] {
    switch input {
    case .started: return [readHead]
    case .holds(let holds):
      guard holds != isHolding else { return [] }
      isHolding = holds
      hasMore = false
      // Another one has published meanwhile.
      return holds ? [readHead] : []
    case .head(let head): return send(publication.resume(from: head, at: now))
    case .changed(let changes): return send(publication.take(changes, at: now))
    case .committed(let tail): return isHolding ? publish(tail, publication: &publication) : []
    case .committedElsewhere: return isHolding ? [readOn(from: publication.published)] : []
    case .found(let found, let log):
      // One piece at a time, so that beats and new subscribers have their turn.
      hasMore = !found.records.isEmpty && found.damage == nil && log.lost == nil
      let reports = found.damage.map { [Effect<Input, Action>.perform(.report($0))] } ?? []
      return reports + send(publication.publish(found.records, of: log))
    case .woke: return wake(&publication, at: now)
    }
  }

  /// Publishes what is in memory where it is next; reads the log where something before it is missing.
  private mutating func publish(
    _ tail: CommittedTail, publication: inout Publication
  ) -> [Effect<Input, Action>] {
    let published = publication.published.sequence
    let next = tail.records.drop { $0.header.sequence <= published }
    guard let head = tail.head, (next.first?.header.sequence ?? head.sequence + 1) == published + 1
    else { return [readOn(from: publication.published)] }
    return send(publication.publish(Array(next), of: head))
  }

  private mutating func wake(_ publication: inout Publication, at now: Duration)
    -> [Effect<Input, Action>]
  {
    var effects = send(publication.beatsDue(at: now))
    if now >= beatsAt {
      beatsAt = now + .seconds(1)
      effects += send(publication.beat(at: now)) + [.perform(.checkSocket)]
    }
    if hasMore {
      hasMore = false
      effects.append(readOn(from: publication.published))
    }
    return effects
  }

  private var readHead: Effect<Input, Action> { .read(Read { .head(try $0.head()) }) }

  private func readOn(from place: Head) -> Effect<Input, Action> {
    .read(
      Read { [limits] snapshot in
        .found(
          try snapshot.intactRecords(
            after: (place.sequence, place.chain), limit: limits.events, maxBytes: limits.bytes),
          try snapshot.head())
      })
  }

  private func send(_ messages: [[Data]]) -> [Effect<Input, Action>] {
    messages.isEmpty || !isHolding ? [] : [.perform(.send(messages))]
  }
}

extension Publication {
  fileprivate mutating func take(_ changes: [Publisher.Change], at now: Duration) -> [[Data]] {
    var messages: [[Data]] = []
    for change in changes {
      switch change {
      case .subscribed(let prefix): messages += subscribed(prefix, at: now)
      case .cancelled(let prefix): cancelled(prefix)
      }
    }
    return messages
  }
}
