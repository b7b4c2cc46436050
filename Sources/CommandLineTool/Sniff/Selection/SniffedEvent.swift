import Daemon
import Events

/// A received event, and what its body says.
struct SniffedEvent: Hashable, Sendable {
  let record: Record
  /// The CloudEvent; nil for a body that is no JSON.
  let body: JSONValue?

  init(_ record: Record) {
    self.record = record
    body = JSONValue(record.body)
  }

  /// The values of a field: several for the request, which an event may name twice; none where the
  /// event has no such field.
  func values(of field: EventField) -> [JSONValue] {
    let values: [JSONValue?] =
      switch field.root {
      case .topic: [.string(record.topic.description)]
      case .stream: [.string(record.topic.stream)]
      case .type: [.string(record.topic.type)]
      case .version: [.integer(Int64(record.topic.version))]
      case .sequence: [.integer(Int64(clamping: record.header.sequence))]
      case .epoch: [.string(record.header.epoch.description)]
      case .time: [.string(record.header.committedAt.description)]
      case .request: [body?["correlationid"], body?["requestid"]]
      case .correlation: [body?["correlationid"]]
      case .cause: [body?["causationid"]]
      case .trace: [body?["traceparent"]]
      case .id, .subject, .data: [body?[field.root.rawValue]]
      }
    return values.compactMap { value in
      field.members.reduce(value) { $0?[$1] }
    }
  }

  /// The first value of a field.
  func value(of field: EventField) -> JSONValue? { values(of: field).first }
}

/// The name of a field of an event, as options take it: `subject`, `data.total.amount`.
struct EventField: Hashable, Sendable, CustomStringConvertible {
  /// The fields that every event may have.
  enum Root: String, CaseIterable, Sendable {
    case topic, stream, type, version, sequence, epoch, time
    case id, subject, request, correlation, cause, trace, data
  }

  let root: Root
  /// The names of members within the data.
  let members: [String]

  /// - Throws: ``UnknownField``.
  init(_ text: String) throws(UnknownField) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let root = Root(rawValue: parts[0]), root == .data || parts.count == 1,
      !parts.contains("")
    else { throw UnknownField(text: text) }
    self.root = root
    members = Array(parts.dropFirst())
  }

  var description: String { ([root.rawValue] + members).joined(separator: ".") }
}

/// A text that names no field of an event.
struct UnknownField: Error, Hashable, CustomStringConvertible {
  let text: String

  var description: String {
    let names = EventField.Root.allCases.map(\.rawValue)
    let first = text.split(separator: ".").first.map(String.init) ?? text
    let near = first.nearest(of: names).map { " Did you mean \($0)?" } ?? ""
    return """
      an event has no field \(text.quoted(upTo: 40)).\(near) The fields are \
      \(names.joined(separator: ", ")); members of the data are written as data.price.amount.
      """
  }
}

extension JSONValue {
  /// The value as people write it: a text without quotation marks.
  var plain: String { string ?? compact }

  /// The value as JSON on one line, with sorted keys.
  var compact: String {
    let bytes = try? self.json()
    return bytes.map { String(decoding: $0, as: UTF8.self).escapedInsideJSON } ?? "null"
  }
}
