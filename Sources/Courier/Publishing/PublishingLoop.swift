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
  let logger: Logger

  private enum Input: Sendable {
    case changed([Publisher.Change])
    case committed
    case second
  }

  /// Publishes until its task is cancelled.
  func run(in context: Context, whenBound: @Sendable () -> Void) async throws {
    let (commits, committed) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    journal.observe { _ in committed.yield() }
    // Events have up to 64 KiB: what a subscriber who never reads may pile up is bounded.
    var settings = SocketSettings()
    settings.sendHighWater = 4096
    try await context.withPublisher(binding: [endpoint], settings: settings) { publisher in
      whenBound()
      var rebinding = Rebinding(publisher.boundEndpoints[0], logger: logger)
      var publication = Publication(
        try await journal.read { try $0.head() }, catalogue: journal.publishing.catalogue)
      let inputs = merge(
        publisher.changes.map(Input.changed), commits.map { Input.committed },
        AsyncTimerSequence(interval: .seconds(1), clock: .continuous).map { _ in Input.second })
      for await input in inputs {
        switch input {
        case .changed(let changes): try await publisher.send(publication.take(changes))
        case .committed:
          // One piece at a time, so that beats and new subscribers have their turn.
          if try await publish(with: publisher, &publication) { committed.yield() }
        case .second:
          try await publisher.send(publication.beat().map(Message.init))
          try await rebinding.check(publisher.rebind)
        }
      }
    }
  }

  /// Publishes a piece of what was committed.
  ///
  /// - Returns: whether there was anything, and so may be more.
  private func publish(with publisher: Publisher, _ publication: inout Publication) async throws
    -> Bool
  {
    let after = publication.published.sequence
    let (records, head) = try await journal.read {
      (
        try $0.records(after: after, limit: Self.readLimit, maxBytes: Self.readBytes),
        try $0.head()
      )
    }
    try await publisher.send(publication.publish(records, of: head).map(Message.init))
    return !records.isEmpty && head.lost == nil
  }
}

extension Publication {
  fileprivate mutating func take(_ changes: [Publisher.Change]) -> [Message] {
    var messages: [[Data]] = []
    for change in changes {
      switch change {
      case .subscribed(let prefix): messages += subscribed(prefix)
      case .cancelled(let prefix): cancelled(prefix)
      }
    }
    return messages.map(Message.init)
  }
}
