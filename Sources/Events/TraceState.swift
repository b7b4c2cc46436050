/// The `tracestate` of W3C Trace Context: what tracing systems keep beside a ``TraceParent``.
///
/// It is carried as it came, from a request to its span and to the events of the work. An invalid
/// one is dropped, and so is one that is longer than systems are asked to carry.
public struct TraceState: Hashable, Sendable {
  /// The longest one that is kept, in characters.
  package static let longestText = 512
  /// The largest number of members.
  package static let maxMembers = 32

  private let text: String

  /// Reads a `tracestate` value, with commas between its members; nil when it is invalid, empty or
  /// too long.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.longestText else { return nil }
    let members = text.utf8.split(separator: UInt8(ascii: ",")).map(Self.trimmed)
      .filter { !$0.isEmpty }
    guard (1...Self.maxMembers).contains(members.count) else { return nil }
    var names: Set<String> = []
    for member in members {
      guard let equals = member.firstIndex(of: UInt8(ascii: "=")),
        Self.isKey(member[..<equals]), Self.isValue(member[member.index(after: equals)...]),
        names.insert(String(Substring(member[..<equals]))).inserted
      else { return nil }
    }
    self.text = members.map { String(Substring($0)) }.joined(separator: ",")
  }

  /// Spaces and tabs around a member are no part of it.
  private static func trimmed(_ member: Substring.UTF8View) -> Substring.UTF8View {
    var member = member
    while let first = member.first, isSpace(first) { member.removeFirst() }
    while let last = member.last, isSpace(last) { member.removeLast() }
    return member
  }

  private static func isSpace(_ character: UInt8) -> Bool { character == 0x20 || character == 0x09 }

  /// A name, or a tenant, an at sign and a system, in lower-case letters, digits and `_-*/`.
  private static func isKey(_ key: Substring.UTF8View) -> Bool {
    let parts = key.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count <= 2, key.count <= 256, parts.allSatisfy({ !$0.isEmpty }),
      let first = key.first, isLetter(first) || parts.count == 2 && isDigit(first),
      let system = parts.last?.first, isLetter(system)
    else { return false }
    if parts.count == 2, parts[0].count > 241 || parts[1].count > 14 { return false }
    return parts.allSatisfy {
      $0.allSatisfy { isLetter($0) || isDigit($0) || "_-*/".utf8.contains($0) }
    }
  }

  /// Up to 256 printable characters without a comma or an equals sign, the last no space.
  private static func isValue(_ value: Substring.UTF8View) -> Bool {
    value.count <= 256 && !value.isEmpty
      && value.allSatisfy {
        (0x20...0x7e).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=")
      }
  }

  private static func isLetter(_ character: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character)
  }

  private static func isDigit(_ character: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character)
  }
}

extension TraceState: CustomStringConvertible {
  /// The `tracestate` value, without spaces around the members.
  public var description: String { text }
}
