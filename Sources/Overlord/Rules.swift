// Overlord decides nothing about orders. Its rules are which events it keeps, and which of them a
// filter lets pass.

import Daemon
import Schema

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
  /// A text in its type, or at the end of an id.
  var search: EventSearch?

  /// Whether it lets every event pass.
  var isEmpty: Bool {
    request == nil && subject == nil && type == nil && stream == nil && search == nil
  }
}

/// A text that a person searches: a part of a type, an id, or the end of one as pages show it.
struct EventSearch {
  /// The text without the sign for what was left out.
  let text: String

  /// A search; nil for a text with nothing in it.
  init?(_ text: String) {
    let words = text.replacing("…", with: " ").split(separator: " ")
    guard !words.isEmpty else { return nil }
    self.text = words.joined(separator: " ")
  }

  /// The types of which it is a part, or which it is.
  var types: [String] {
    let known = Registry.eventually.events.map(\.type).filter { $0.contains(text.lowercased()) }
    return known.contains(text) ? known : known + [text]
  }
}

// MARK: The way of events between services

extension OverlordRoom {
  /// The services that apply each type of event, beside Overlord.
  package static let receivers: [String: [String]] = [
    SettingsChanged.schema.type: ["beta", "charlie"],
    OrderCaptured.schema.type: ["alpha"],
    OrderApproved.schema.type: ["beta", "charlie"],
    OrderRejected.schema.type: ["beta"],
    OrderCharged.schema.type: ["alpha"],
    OrderDeclined.schema.type: ["alpha"],
    OrderFinalized.schema.type: ["beta"],
  ]

  /// The lanes in which services are shown, from the customer to the payment: no event passes by a
  /// lane.
  static let lanes = ["beta", "alpha", "charlie"]
}
