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
      let subscription = try request.stoppedSubscription(
        of: assembly.subscriptions(), roles: try transaction.heldRoles())
      let stream = subscription.stream
      let left = try transaction.cursor(of: stream).sequence
      try transaction.resetCursor(of: stream)
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
  /// - Throws: a ``Problem``: 404 for a stream that is not followed, 409 for one that goes on.
  fileprivate func stoppedSubscription(
    of all: [Subscription], roles: [HeldRole]
  ) throws(Problem) -> Subscription {
    let stream = parameters["stream"] ?? ""
    guard let subscription = all.first(where: { $0.stream == stream }) else {
      throw .notFound(
        "no-such-subscription", detail: "This service does not follow \(stream.quoted).",
        remedy: "GET /api/bus lists the streams that it follows.")
    }
    if subscription.state == .standby {
      let holder = roles.first { $0.role == "\(Role.follow(stream))" }?.replica ?? "another one"
      throw .conflict(
        "not-stopped", detail: "This replica does not follow \(stream): replica \(holder) does.",
        remedy: "Send the command to that replica.",
        members: ["state": .string(subscription.state.rawValue)])
    }
    guard subscription.state == .stopped else {
      throw .conflict(
        "not-stopped",
        detail: "Following \(stream) is not stopped: it is \(subscription.state.rawValue).",
        remedy: "Do nothing: it continues automatically, or stops with a reason.",
        members: ["state": .string(subscription.state.rawValue)])
    }
    return subscription
  }
}
