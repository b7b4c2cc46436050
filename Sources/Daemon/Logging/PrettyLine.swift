import Events
import Logging

extension LogFields {
  /// The line for a person in a terminal: time, level, service, message, and then the names of the
  /// ids, without those that only machines use.
  ///
  /// - Parameter inColor: whether levels are colored and details dim.
  func pretty(inColor: Bool) -> [UInt8] {
    var line = LineText()
    func style(_ code: StaticString) { if inColor { line.append(plain: code) } }
    style(dim)
    line.append(String(time.description.dropFirst(11).prefix(12)), as: .terminal)
    style(plain)
    line.append(plain: " ")
    style(color)
    line.append(level.rawValue.uppercased().padded(to: 8), as: .terminal)
    style(plain)
    line.append(plain: " ")
    line.append(source.service, as: .terminal)
    line.append(plain: "  ")
    line.append(message, as: .terminal, upTo: LineText.messageBytes)
    line.append(plain: " ")
    style(dim)
    for (name, value) in rest where !hidden.contains(name) {
      line.field { line in
        line.append(plain: " ")
        line.append(name.shortened, as: .terminal, upTo: LineText.nameBytes)
        line.append(plain: "=")
        line.append(value.description, as: .terminal)
      }
    }
    if line.isCut { line.append(plain: " truncated=true") }
    style(plain)
    return line.bytes
  }

  private var color: StaticString {
    switch level {
    case .trace, .debug: dim
    case .info, .notice: "\u{1b}[32m"
    case .warning: "\u{1b}[33m"
    case .error, .critical: "\u{1b}[1;31m"
    }
  }
}

private let dim: StaticString = "\u{1b}[2m"
private let plain: StaticString = "\u{1b}[0m"

/// Fields that repeat the message, or that are not for people.
private let hidden: Set<String> = [
  "event.action", "event.sequence", "trace.id", "span.id", "http.request.method", "url.path",
  "http.response.status_code", "error.type", "error.message", "event.outcome",
]

extension String {
  fileprivate var shortened: String {
    let labels = "labels."
    return hasPrefix(labels) ? String(dropFirst(labels.count)) : self
  }
}
