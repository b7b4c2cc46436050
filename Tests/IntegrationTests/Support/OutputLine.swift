import Foundation

/// One line that a process printed.
struct OutputLine: Sendable, CustomStringConvertible {
  enum Channel: Sendable {
    case output, error
  }

  let channel: Channel
  let text: String
  /// The line as JSON; null where it is none.
  let json: JSON

  init(_ channel: Channel, _ bytes: [UInt8]) {
    self.channel = channel
    text = String(decoding: bytes, as: UTF8.self)
    json = bytes.first == UInt8(ascii: "{") ? (try? JSON(Data(bytes))) ?? .null : .null
  }

  var description: String { text }
}

/// The fields of a daemon's log line.
extension OutputLine {
  var message: String { json["message"].text }
  var level: String { json["log.level"].text }
  var action: String? { json["event.action"].string }
  var eventID: String? { json["event.id"].string }
  /// The number of the event in its stream.
  var sequence: Int64? { json["event.sequence"].int }
  var stream: String? { json["labels.stream"].string }
  var orderID: String? { json["labels.order_id"].string }
  var correlationID: String? { json["labels.correlation_id"].string }
  var causationID: String? { json["labels.causation_id"].string }
  /// The Request ID, in the HTTP request's own work.
  var requestID: String? { json["http.request.id"].string }
}
