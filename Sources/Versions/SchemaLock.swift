import Crypto
import Events
import FoundationEssentials

/// Everything that was ever pinned, a fact a line: lines may be added, and never changed or removed.
///
/// ```
/// order.captured from beta
/// order.captured compatibility BACKWARD_TRANSITIVE
/// order.captured v2 least-reader 2
/// order.captured v2 field promise?.fee.amount integer
/// order.captured v2 golden order.captured.v2.json 53f1c4d2a0b9e871
/// order.captured v1 retired
/// ```
public struct SchemaLock: Sendable {
  /// One pinned fact.
  public struct Line: Hashable, Sendable, CustomStringConvertible {
    /// The event.
    public let type: String
    /// The version; nil for a fact about the event.
    public let version: UInt16?
    /// `field`, `golden`, `least-reader`, `retired`, `from` or `compatibility`.
    public let kind: String
    /// The name of the fact: a field's path, a file's name; empty for a kind with one fact.
    public let name: String
    /// The pinned value.
    public let value: String

    /// The line.
    public var description: String {
      ([type] + (version.map { ["v\($0)"] } ?? []) + [kind, name, value])
        .filter { !$0.isEmpty }.joined(separator: " ")
    }
  }

  /// The facts, in the order of the file.
  public let lines: [Line]

  /// A lock of these facts.
  init(_ lines: [Line]) {
    self.lines = lines
  }

  /// Reads a lock file.
  ///
  /// Empty lines and lines that begin with `#` are ignored.
  ///
  /// - Throws: ``BadLock`` with the malformed line.
  public init(_ text: String) throws(BadLock) {
    var lines: [Line] = []
    for text in text.split(whereSeparator: \.isNewline) where !text.hasPrefix("#") {
      guard let line = Line(text) else { throw BadLock(line: String(text)) }
      lines.append(line)
    }
    self.init(lines)
  }
}

/// A line of a lock file that pins nothing.
public struct BadLock: Error, CustomStringConvertible {
  let line: String

  /// The sentence for people.
  public var description: String { "“\(line)” is no line of a schema lock" }
}

extension SchemaLock.Line {
  private static let named: Set = ["field", "golden"]
  private static let known = named.union(["least-reader", "retired", "from", "compatibility"])

  fileprivate init?(_ text: Substring) {
    var words = text.split(separator: " ")[...]
    guard let type = words.popFirst() else { return nil }
    version = words.first.flatMap { $0.first == "v" ? UInt16($0.dropFirst()) : nil }
    if version != nil { words.removeFirst() }
    guard let kind = words.popFirst().map(String.init), Self.known.contains(kind) else {
      return nil
    }
    self.type = String(type)
    self.kind = kind
    name = Self.named.contains(kind) ? String(words.popFirst() ?? "") : ""
    value = words.joined(separator: " ")
    guard value.isEmpty == (kind == "retired"), name.isEmpty != Self.named.contains(kind) else {
      return nil
    }
  }

  init(
    _ type: String, version: UInt16?, kind: String, name: String = "", value: String
  ) {
    self.type = type
    self.version = version
    self.kind = kind
    self.name = name
    self.value = value
  }

  /// The fact without its value, and without the part that a field is allowed to change.
  var identity: [String] { [type, version.map(String.init) ?? "", kind, plainName] }

  /// A field's path without the marks of what may be absent.
  var plainName: String { name.filter { $0 != "?" } }
}

// MARK: What is to be pinned

extension Registry {
  /// The lock of the present sources.
  public var lock: SchemaLock { SchemaLock(events.flatMap(\.lines)) }
}

extension RegisteredEvent {
  fileprivate var lines: [SchemaLock.Line] {
    [
      SchemaLock.Line(type, version: nil, kind: "from", value: stream),
      SchemaLock.Line(
        type, version: nil, kind: "compatibility", value: compatibility.rawValue),
    ] + versions.flatMap(\.lines)
  }
}

extension RegisteredVersion {
  /// The lines that pin it.
  var lines: [SchemaLock.Line] {
    let type = schema.type
    let version = schema.version
    return [
      SchemaLock.Line(
        type, version: version, kind: "least-reader", value: String(schema.leastReader))
    ]
      + shape.fields.map {
        SchemaLock.Line(
          type, version: version, kind: "field", name: $0.path, value: $0.shape.kind)
      }
      + golden.map {
        SchemaLock.Line(
          type, version: version, kind: "golden", name: $0.name, value: $0.digest)
      }
  }
}

extension GoldenPayload {
  /// The first 8 bytes of the SHA-256 of the data, in hexadecimal digits.
  var digest: String { Data(SHA256.hash(data: data).prefix(8)).hex }
}
