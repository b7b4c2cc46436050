import AsyncAlgorithms
import Events
import FoundationEssentials
import Journal
import Logging
import ZeroMQ

/// Sends what was committed, and the beats: the thin shell around ``Publication``.
struct PublishingLoop: Sendable {
  /// The log is read in pieces, so that memory is bounded however much was committed at once.
  private static let readLimit = 500
  private static let readBytes = 1 << 20

  let journal: ServiceJournal
  let endpoint: String
  let surroundings: Surroundings
  let logger: Logger
  /// Takes the place at which the log is damaged.
  let report: @Sendable (DamagedLog) -> Void

  private enum Input: Sendable {
    case changed([Publisher.Change])
    case committed
    case due
    case second
  }

  /// Publishes until its task is cancelled.
  func run(in context: Context, whenBound: @Sendable () -> Void) async throws {
    let (commits, committed) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    journal.observe { _ in committed.yield() }
    try await context.withPublisher(binding: [endpoint], settings: .events) { publisher in
      whenBound()
      var rebinding = Rebinding(publisher.boundEndpoints[0], logger: logger)
      var publication = Publication(
        try await journal.read { try $0.head() }, catalogue: journal.publishing.catalogue)
      let alarm = Alarm()
      let inputs = merge(
        publisher.changes.map(Input.changed),
        merge(commits.map { Input.committed }, alarm.rings.map { Input.due }),
        AsyncTimerSequence(interval: .seconds(1), clock: .continuous).map { _ in Input.second })
      for await input in inputs {
        let now = surroundings.uptime()
        switch input {
        case .changed(let changes):
          try await publisher.send(publication.take(changes, at: now))
        case .committed:
          // One piece at a time, so that beats and new subscribers have their turn.
          if try await publish(with: publisher, &publication) { committed.yield() }
        case .due: try await publisher.send(publication.beatsDue(at: now).map(Message.init))
        case .second:
          try await publisher.send(publication.beat(at: now).map(Message.init))
          try await rebinding.check(publisher.rebind)
        }
        alarm.set(at: publication.nextBeatAt, from: surroundings.uptime())
      }
    }
  }

  /// Publishes a piece of what was committed.
  ///
  /// - Returns: whether there was anything, and so may be more.
  private func publish(with publisher: Publisher, _ publication: inout Publication) async throws
    -> Bool
  {
    let published = publication.published
    let (found, head) = try await journal.read {
      (
        try $0.intactRecords(
          after: (published.sequence, published.chain), limit: Self.readLimit,
          maxBytes: Self.readBytes),
        try $0.head()
      )
    }
    if let damage = found.damage { report(damage) }
    try await publisher.send(publication.publish(found.records, of: head).map(Message.init))
    return !found.records.isEmpty && found.damage == nil && head.lost == nil
  }
}

extension Publication {
  fileprivate mutating func take(_ changes: [Publisher.Change], at now: Duration) -> [Message] {
    var messages: [[Data]] = []
    for change in changes {
      switch change {
      case .subscribed(let prefix): messages += subscribed(prefix, at: now)
      case .cancelled(let prefix): cancelled(prefix)
      }
    }
    return messages.map(Message.init)
  }
}
