import Events
import Logging

/// A value in a log line.
enum LogValue: Hashable, Sendable {
  case text(String)
  case number(Int64)
  case bool(Bool)

  /// The value of a piece of metadata.
  ///
  /// What has no place in a flat line becomes text.
  init(_ value: Logger.Metadata.Value) {
    switch value {
    case .string(let text): self = .text(text)
    case .stringConvertible(let number as any BinaryInteger):
      self = .number(Int64(clamping: number))
    case .stringConvertible(let bool as Bool): self = .bool(bool)
    default: self = .text(value.description)
    }
  }

  /// The value as JSON.
  var json: String {
    switch self {
    case .text(let text): text.quotedForJSON
    case .number(let number): String(number)
    case .bool(let bool): String(bool)
    }
  }

  /// The value for people.
  var plain: String {
    switch self {
    case .text(let text): text
    case .number(let number): String(number)
    case .bool(let bool): String(bool)
    }
  }
}

/// One log line before it is written: named fields in the order of the Elastic Common Schema, flat.
struct LogFields {
  let time: Timestamp
  let level: Logger.Level
  let message: String
  let service: String
  /// All other fields, by name.
  var rest: [String: LogValue]

  init(_ event: LogEvent, metadata: Logger.Metadata, service: String, time: Timestamp) {
    self.time = time
    self.service = service
    level = event.level
    message = event.message.description
    rest = metadata.filter { !droppedKeys.contains($0.key) }.mapValues(LogValue.init)
    if let error = event.error {
      rest["error.message"] = .text(String(describing: error))
      rest["error.type"] = .text(String(describing: type(of: error)))
    }
  }

  /// The line as one JSON object.
  var json: String {
    let first: [(String, LogValue)] = [
      ("@timestamp", .text(time.description)), ("log.level", .text(level.rawValue)),
      ("message", .text(message)), ("ecs.version", .text("8.11.0")),
      ("service.name", .text(service)),
    ]
    let names = Set(first.map(\.0))
    let others = rest.sorted { $0.key < $1.key }.filter { !names.contains($0.key) }
    let fields = (first + others.map { ($0.key, $0.value) }).map { name, value in
      "\(name.quotedForJSON):\(value.json)"
    }
    return "{\(fields.joined(separator: ","))}"
  }
}

/// Hummingbird's own request id: its first middleware overwrites the value and never removes the
/// key.
///
/// The id that counts is `http.request.id`.
private let droppedKeys: Set<String> = ["hb.request.id"]

extension String {
  /// The text as a JSON string, in which a line stays a line.
  var quotedForJSON: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\0"..<" ", "\u{7f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
