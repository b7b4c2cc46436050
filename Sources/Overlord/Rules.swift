// Overlord decides nothing about orders. Its rules are which events it keeps, and which of them a
// filter lets pass.

import Daemon

extension Transaction {
  /// Keeps an event as it came, once, if it can be shown again: a body with a number beyond the
  /// range of doubles is a dead letter instead of a page that cannot be read.
  func keep(_ record: Record, _ envelope: Envelope<Unread>) throws -> Outcome {
    guard JSONValue.canRead(record.body) else { return .reject("the body cannot be shown as JSON") }
    if try !hasSeen(record) { try insert(record, envelope: envelope) }
    return .done
  }
}

/// The requested events; an absent member matches all.
struct EventFilter {
  /// The Request ID: of the whole work, or of one request in it.
  var request: String?
  var subject: String?
  /// The declared name, without a version.
  var type: String?
  var stream: String?

  /// Whether it lets every event pass.
  var isEmpty: Bool { request == nil && subject == nil && type == nil && stream == nil }
}
