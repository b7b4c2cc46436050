import Events

/// A deferred event of a service, for people.
struct DeadLetterView: Hashable, Sendable {
  private let letter: JSONValue

  /// - Parameter letter: as the service shows it.
  init(_ letter: JSONValue) {
    self.letter = letter
  }

  private func text(_ name: String) -> String { letter[name]?.string ?? "" }

  private func number(_ name: String) -> Int64 { letter[name]?.whole ?? 0 }

  private var event: String { "\(text("stream"))/\(text("type")) #\(number("sequence"))" }

  private var waiting: String {
    let count = number("holdsBack")
    return count == 0 ? "" : ", holds back \(count)"
  }

  /// On one line.
  var line: String {
    let opening = "\(text("id"))  \(text("state").padded(to: 8))  \(event)  \(text("subject"))"
    let attempts = number("attempts") == 1 ? "1 attempt" : "\(number("attempts")) attempts"
    return "\(opening)  \(attempts)\(waiting)  \(text("reason"))".escapedForTerminal
  }

  /// Whole.
  var lines: [String] {
    var lines = [
      field("id", value: text("id")), field("event", value: event),
      field("subject", value: text("subject")),
      field("state", value: text("state") + waiting), field("reason", value: text("reason")),
    ]
    lines += (letter["causes"]?.items ?? []).compactMap(\.string).map {
      field("because", value: $0)
    }
    lines.append(field("attempts", value: "\(number("attempts")), deferred at \(text("at"))"))
    if letter["dueAt"] != nil { lines.append(field("due", value: text("dueAt"))) }
    for name in ["event", "original"] {
      if let event = letter[name] { lines.append(field(name, value: event.jsonLine)) }
    }
    lines += (letter["acts"]?.items ?? []).map { act in
      let request = act["requestId"]?.string.map { " by the request \($0)" } ?? ""
      let name = act["act"]?.string ?? ""
      let result = act["result"]?.string ?? ""
      return field("act", value: "\(name) at \(act["at"]?.string ?? "")\(request): \(result)")
    }
    return lines.map(\.escapedForTerminal)
  }

  private func field(_ name: String, value: String) -> String { name.padded(to: 10) + value }
}
