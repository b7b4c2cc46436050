import Events
import Logging
import Runtime

/// One log line before it is written: named fields in the order of the Elastic Common Schema, flat.
struct LogFields {
  let time: Timestamp
  let level: Logger.Level
  let message: String
  let source: LogSource
  /// All other fields, sorted by name.
  let rest: [(name: String, value: Logger.Metadata.Value)]

  /// - Parameter inherited: fields of all lines of the logger, where `metadata` does not have them.
  init(
    _ level: Logger.Level, message: String, metadata: Logger.Metadata = [:],
    inherited: Logger.Metadata = [:], error: (any Error)? = nil, source: LogSource, time: Timestamp
  ) {
    self.time = time
    self.level = level
    self.message = message
    self.source = source
    var rest: [(name: String, value: Logger.Metadata.Value)] = []
    rest.reserveCapacity(metadata.count + inherited.count + 2)
    for (name, value) in metadata where !ownNames.contains(name) {
      rest.append((name.ofSchema, value))
    }
    for (name, value) in inherited where metadata[name] == nil && !ownNames.contains(name) {
      rest.append((name.ofSchema, value))
    }
    if let error {
      rest.append(("error.message", "\(error)"))
      rest.append(("error.type", "\(type(of: error))"))
    } else if level >= .warning, metadata["error.message"] == nil {
      rest.append(("error.message", "\(message)"))
    }
    rest.sort { $0.name < $1.name }
    // A library's own `a` and a `labels.a`, or the messages of two errors: JSON has each name once.
    self.rest = rest.indices.filter { $0 == 0 || rest[$0 - 1].name != rest[$0].name }.map {
      rest[$0]
    }
  }

  /// The line as one JSON object.
  var json: [UInt8] {
    var line = LineText()
    line.append(plain: #"{"@timestamp":""#)
    line.append(time.description, as: .json)
    line.append(plain: #"","log.level":""#)
    line.append(level.rawValue, as: .json)
    line.append(plain: #"","message":""#)
    line.append(message, as: .json, upTo: LineText.messageBytes)
    line.append(plain: "\"")
    line.append(source.members)
    for (name, value) in rest {
      line.field { line in
        line.append(plain: ",\"")
        line.append(name, as: .json, upTo: LineText.nameBytes)
        line.append(plain: "\":")
        line.append(json: value)
      }
    }
    if line.isCut { line.append(plain: #","labels.truncated":true"#) }
    line.append(plain: "}")
    return line.bytes
  }
}

/// Metadata that is not written: fields of the line itself.
private let ownNames: Set<String> = [
  "@timestamp", "log.level", "message", "ecs.version", "process.pid", "service.name",
  "service.node.name", "service.version", "labels.truncated",
]

extension String {
  /// A field of the schema, which has a point in its name, or a label: a library's own field.
  fileprivate var ofSchema: String { contains(".") ? self : "labels." + self }
}

extension LineText {
  /// A number or a truth value as itself; all else as a string, since the line is flat.
  fileprivate mutating func append(json value: Logger.Metadata.Value) {
    switch value {
    case .stringConvertible(let number as any BinaryInteger):
      append(number.description, as: .json)
    case .stringConvertible(let bool as Bool):
      append(bool.description, as: .json)
    default:
      append(plain: "\"")
      append(value.description, as: .json)
      append(plain: "\"")
    }
  }
}
