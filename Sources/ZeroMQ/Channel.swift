/// The common part of the four kinds of socket: the queues to and from the poller.
final class Channel<Item: Sendable>: Sendable {
  let line: Line
  let inbox: Inbox<Item>
  let outbox: Outbox
  let readiness: Readiness

  init(
    commands: CommandQueue, settings: SocketSettings,
    read: @escaping @Sendable ([Message]) -> [Item]
  ) {
    line = Line(id: commands.newID(), commands: commands)
    inbox = Inbox(line: line, settings: settings, read: read)
    outbox = Outbox(line: line, settings: settings)
    readiness = Readiness(line: line)
  }

  var parts: SocketParts {
    SocketParts(line: line, inbox: inbox, outbox: outbox, readiness: readiness)
  }

  var traffic: Traffic {
    let (received, foreign, foreignPeer, inboxPeak) = inbox.counts
    let (sent, refused, outboxPeak) = outbox.counts
    return Traffic(
      received: received, sent: sent, refused: refused, foreign: foreign,
      foreignPeer: foreignPeer, inboxPeak: inboxPeak, outboxPeak: outboxPeak)
  }

  /// Has the poller open the socket, and answers the bound endpoints.
  nonisolated(nonsending) func open(_ plan: SocketPlan) async throws -> [String] {
    try await withCheckedThrowingContinuation { asker in
      line.commands.post(.open(plan, parts, asker))
    }
  }

  nonisolated(nonsending) func rebind(_ endpoint: String) async throws {
    try await withCheckedThrowingContinuation { asker in
      line.commands.post(.rebind(line.id, endpoint, asker))
    }
  }

  /// Has the poller close the socket, and waits for it whether the task is cancelled or not.
  nonisolated(nonsending) func close() async {
    await withCheckedContinuation { asker in
      line.commands.post(.close(line.id, asker))
    }
  }
}
