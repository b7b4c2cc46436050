import Courier
import Events
import HTTPTypes
import Journal
import Runtime

/// The decisions of an operator that no page needs: about stopped streams, and about consumers that
/// will never come back.
///
/// They are served on the operator socket alone: see ``OperatorServer``.
func operatorRoutes(_ assembly: Assembly) -> [Route] {
  [
    .command(.post, "/api/subscriptions/:stream/reset", creates: false) { request, transaction in
      let stream = try request.stoppedStream(of: assembly.subscriptions(), in: transaction)
      let left = try transaction.cursor(of: stream).sequence
      try transaction.resetCursor(of: stream)
      // What the replica that follows it has shown is of before: a second command waits for the next.
      try transaction.removeStatus(of: .follow(stream))
      let place = try transaction.cursor(of: stream).sequence
      return try .json(ResetDocument(stream: stream, cursor: place, previousCursor: left))
        .noting("following \(stream) is reset: it stood at \(left), and is read from its start")
    },
    .command(.delete, "/api/consumers/:name", creates: false) { request, transaction in
      let name = request.parameters["name"] ?? ""
      let consumer = try transaction.consumers().first { $0.name == name }
      guard let consumer, try transaction.remove(consumer: name) else {
        throw Problem.notFound(
          "no-such-consumer", detail: "\(name.quoted) is not registered here.",
          remedy: "GET /api/bus lists the consumers that are.")
      }
      let removed = RemovedConsumer(consumer, from: assembly.journal)
      return try .json(removed)
        .noting("consumer \(name) is removed at \(consumer.cursor): \(removed.note)")
    },
  ]
}

/// A consumer that the log does not wait for any more, until the next start.
private struct RemovedConsumer: Encodable {
  let name: String
  let cursor: UInt64
  let seenAt: Timestamp?
  let note: String

  init(_ consumer: Consumer, from journal: ServiceJournal) {
    name = consumer.name
    cursor = consumer.cursor
    seenAt = consumer.seenAt
    let remedy =
      "; the next start registers it again, unless it is taken out of \(journal.stream).consumers"
    let isConfigured = journal.expected.names.contains(name)
    note = "nothing is kept for it" + (isConfigured ? remedy : "")
  }
}

/// A subscription's new place.
private struct ResetDocument: Encodable {
  let stream: String
  let cursor: UInt64
  /// The cursor before the reset.
  let previousCursor: UInt64
}

extension Request {
  /// The stream of the path, which is stopped: here, or at the replica that follows it, which finds its
  /// new place in the journal.
  ///
  /// - Throws: a ``Problem``: 404 for a stream that is not followed, 409 for one that goes on.
  fileprivate func stoppedStream(
    of all: [Subscription], in transaction: Transaction
  ) throws -> String {
    let stream = parameters["stream"] ?? ""
    guard var subscription = all.first(where: { $0.stream == stream }) else {
      throw Problem.notFound(
        "no-such-subscription", detail: "This service does not follow \(stream.quoted).",
        remedy: "GET /api/bus lists the streams that it follows.")
    }
    if subscription.replica != nil || subscription.state == .standby {
      // As it is now: what is in memory may be of a second ago.
      let lease = try transaction.lease(of: .follow(stream))
      guard let shown = lease.flatMap({ Subscription($0, isReady: true) }) else {
        throw Problem.notShown(stream, by: lease?.replica)
      }
      subscription = shown
    }
    guard subscription.state == .stopped else { throw Problem.notStopped(subscription) }
    return stream
  }
}

extension Problem {
  fileprivate static func notStopped(_ subscription: Subscription) -> Problem {
    let state = subscription.state.rawValue
    let place = subscription.replica.map { " at replica \($0)" } ?? ""
    return .conflict(
      "not-stopped",
      detail: "Following \(subscription.stream) is not stopped: it is \(state)\(place).",
      remedy: "Do nothing: it continues automatically, or stops with a reason.",
      members: ["state": .string(state)])
  }

  /// - Parameter replica: the one that follows the stream, of which this version cannot read the status.
  fileprivate static func notShown(_ stream: String, by replica: String?) -> Problem {
    .conflict(
      "not-stopped",
      detail: replica.map { "This replica does not follow \(stream): replica \($0) does." }
        ?? "No replica shows yet how it follows \(stream).",
      remedy: replica == nil
        ? "Look at GET /api/bus, and send the command again in a few seconds."
        : "Send the command to that replica.",
      members: ["state": .string(Subscription.State.standby.rawValue)])
  }
}
