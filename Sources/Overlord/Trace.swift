// The events that one request has caused, as the API shows them.

import Daemon
import Schema

/// A piece of work: its events, each below its cause, and its missing steps.
struct TraceDocument: Encodable {
  /// A step that should have followed and has not.
  struct Missing: Encodable {
    /// The position of the event that nothing has followed.
    let after: Int64
    let service: String
    let types: [String]
    /// Since when it is missing: the commit of that event.
    let since: Timestamp
  }

  let requestId: String
  let beganAt: Timestamp
  let events: [TracedEvent]
  let missing: [Missing]

  /// - Parameter events: at least one, in the order of arrival.
  init(_ requestID: String, events: [SeenEvent]) {
    requestId = requestID
    let sorted = events.sorted { ($0.committedAt, $0.position) < ($1.committedAt, $1.position) }
    beganAt = sorted[0].committedAt
    let tree = CauseTree(
      sorted, id: { $0.event["id"]?.string }, cause: { $0.event["causationid"]?.string })
    self.events = tree.roots.map(TracedEvent.init)
    // Where the rest is cut off, nothing is known to be missing.
    let whole = sorted.count < SeenEvent.workLimit ? sorted : []
    missing = OrderFlow.missing(in: whole, type: \.type, subject: { $0.event["subject"]?.string })
      .map { missing in
        Missing(
          after: missing.after.position, service: missing.step.service,
          types: missing.step.types, since: missing.after.committedAt)
      }
  }
}

/// An event of a piece of work, with its times: when its service committed it, when Overlord received
/// it, and when another service applied it.
struct TracedEvent: Encodable {
  private enum Member: CodingKey { case appliedAt, appliedBy, caused }

  private let event: EventDocument
  /// When the first event that this one caused was committed, and by which service.
  private let first: SeenEvent?
  private let caused: [TracedEvent]

  init(_ node: CauseTree<SeenEvent>.Node) {
    event = EventDocument(node.item)
    first = node.caused.map(\.item).min { $0.committedAt < $1.committedAt }
    caused = node.caused.map(TracedEvent.init)
  }

  func encode(to encoder: any Encoder) throws {
    try event.encode(to: encoder)
    var members = encoder.container(keyedBy: Member.self)
    try members.encodeIfPresent(first?.committedAt, forKey: .appliedAt)
    try members.encodeIfPresent(first?.stream, forKey: .appliedBy)
    try members.encode(caused, forKey: .caused)
  }
}

extension SeenEvent {
  /// The declared name of the event.
  var type: String { Topic(topic)?.type ?? "" }
  /// The event's own id.
  var id: String { event["id"]?.string ?? "" }
  /// The order or the settings that it is about.
  var subject: String { event["subject"]?.string ?? "" }
  /// The id of the work that it belongs to.
  var work: String { event["correlationid"]?.string ?? "" }
  /// The id of the event that caused it; nil at a beginning.
  var cause: String? { event["causationid"]?.string }
}
