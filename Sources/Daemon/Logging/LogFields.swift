import Events
import Logging
import Runtime

/// One log line before it is written: named fields in the order of the Elastic Common Schema, flat.
struct LogFields {
  let time: Timestamp
  let level: Logger.Level
  let message: String
  let service: String
  /// All other fields, sorted by name.
  let rest: [(name: String, value: Logger.Metadata.Value)]

  init(
    _ level: Logger.Level, message: String, metadata: Logger.Metadata = [:],
    error: (any Error)? = nil, service: String, time: Timestamp
  ) {
    self.time = time
    self.level = level
    self.message = message
    self.service = service
    var rest = metadata.compactMap {
      ownNames.contains($0.key) ? nil : (name: $0.key, value: $0.value)
    }
    if let error {
      rest.append(("error.message", "\(error)"))
      rest.append(("error.type", "\(type(of: error))"))
    }
    rest.sort { $0.name < $1.name }
    self.rest = rest
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
    line.append(plain: #"","ecs.version":"8.11.0","service.name":""#)
    line.append(service, as: .json)
    line.append(plain: "\"")
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

/// Metadata that is not written: fields of the line itself, and Hummingbird's own request id.
///
/// Hummingbird's first middleware overwrites that value and never removes the key. The id that
/// counts is `http.request.id`.
private let ownNames: Set<String> = [
  "@timestamp", "log.level", "message", "ecs.version", "service.name", "labels.truncated",
  "hb.request.id",
]

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
