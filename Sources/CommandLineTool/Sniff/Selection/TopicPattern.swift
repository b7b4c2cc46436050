import FoundationEssentials

/// The beginning of a topic, in which `*` stands for any characters but a slash.
struct TopicPattern: Hashable, Sendable, CustomStringConvertible {
  let description: String
  private let parts: [Substring]

  init(_ text: String) {
    description = text
    parts = text.split(separator: "/", omittingEmptySubsequences: false)
  }

  /// Whether a topic begins as the pattern says.
  func matches(_ topic: String) -> Bool {
    guard description.contains("*") else { return topic.hasPrefix(description) }
    let found = topic.split(separator: "/", omittingEmptySubsequences: false)
    guard found.count >= parts.count, let last = parts.last else { return false }
    for (part, text) in zip(parts.dropLast(), found) where !Self.matches(part, text) {
      return false
    }
    return Self.matches(last + "*", found[parts.count - 1])
  }

  /// What the stream's name is, where the pattern names it whole.
  var stream: String? {
    parts.count > 1 && !parts[0].contains("*") ? String(parts[0]) : nil
  }

  /// In one pass: only the last `*` is ever tried again.
  private static func matches(_ pattern: Substring, _ text: Substring) -> Bool {
    var pattern = pattern[...]
    var text = text[...]
    var retry: (pattern: Substring, text: Substring)?
    while let character = text.first {
      if pattern.first == "*" {
        pattern.removeFirst()
        retry = (pattern, text)
      } else if pattern.first == character {
        pattern.removeFirst()
        text.removeFirst()
      } else if let last = retry {
        text = last.text.dropFirst()
        pattern = last.pattern
        retry = (pattern, text)
      } else {
        return false
      }
    }
    return pattern.allSatisfy { $0 == "*" }
  }
}
