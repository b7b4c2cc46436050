import Events
import Logging

extension LogFields {
  /// The line for a person in a terminal: time, level, service, message, and then what the ids
  /// are, without those that only machines look for.
  ///
  /// - Parameter inColor: whether levels are colored and details dim.
  func pretty(inColor: Bool) -> String {
    let clock = time.description.dropFirst(11).prefix(12)
    let details = rest.filter { !hidden.contains($0.key) }.sorted { $0.key < $1.key }
      .map { "\($0.key.shortened)=\($0.value.plain.onOneLine)" }.joined(separator: " ")
    let word = level.rawValue.uppercased().padded(to: 8)
    guard inColor else {
      return "\(clock) \(word) \(service)  \(message.onOneLine)  \(details)"
    }
    return
      "\(dim)\(clock)\(plain) \(color)\(word)\(plain) \(service)  \(message.onOneLine)  "
      + "\(dim)\(details)\(plain)"
  }

  private var color: String {
    switch level {
    case .trace, .debug: dim
    case .info, .notice: "\u{1b}[32m"
    case .warning: "\u{1b}[33m"
    case .error, .critical: "\u{1b}[1;31m"
    }
  }
}

private let dim = "\u{1b}[2m"
private let plain = "\u{1b}[0m"

/// Fields whose content stands in the message, or which nobody reads by eye.
private let hidden: Set<String> = [
  "event.action", "event.sequence", "trace.id", "span.id", "http.request.method", "url.path",
  "http.response.status_code", "error.type",
]

extension String {
  fileprivate var shortened: String {
    let parts = split(separator: ".")
    return parts.first == "labels" ? parts.dropFirst().joined(separator: ".") : self
  }

  /// The text without the characters that would end the line or speak to the terminal.
  fileprivate var onOneLine: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? " " : $0 }))
  }
}
