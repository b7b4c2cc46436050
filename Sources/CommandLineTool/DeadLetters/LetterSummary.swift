import Events

/// The facts of a dead letter by which it is selected, grouped and ordered.
struct LetterSummary: Hashable, Sendable {
  let id: String
  var stream = ""
  var sequence: Int64 = 0
  var type = ""
  var subject = ""
  var state = ""
  var reason = ""
  var at = ""
  var holdsBack: Int64 = 0
}

extension LetterSummary {
  /// - Parameter letter: as the service shows it.
  init(_ letter: JSONValue) {
    func text(_ name: String) -> String { letter[name]?.string ?? "" }
    self.init(
      id: text("id"), stream: text("stream"), sequence: letter["sequence"]?.whole ?? 0,
      type: text("type"), subject: text("subject"), state: text("state"), reason: text("reason"),
      at: text("at"), holdsBack: letter["holdsBack"]?.whole ?? 0)
  }

  /// The stream and the subject whose events are applied in order; nil for an event without one.
  var lane: [String]? { subject.isEmpty ? nil : [stream, subject] }
}

extension Int64 {
  /// The number of dead letters in words.
  var deadLetters: String { self == 1 ? "1 dead letter" : "\(grouped) dead letters" }
}
