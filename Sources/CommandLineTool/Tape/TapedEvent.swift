import Events
import FoundationEssentials

/// An event in a file: a JSON object on a line, from which the frames are made again to the byte.
struct TapedEvent: Codable, Hashable, Sendable {
  let topic: String
  /// The header's bytes in hexadecimal digits.
  let header: String
  /// The body's bytes as text; nil where they are none.
  var body: String?
  /// The body's bytes in hexadecimal digits, where they are no text.
  var bodyHex: String?

  init(_ record: Record) {
    topic = record.topic.description
    header = record.header.bytes.hex
    body = String(validating: record.body, as: UTF8.self)
    bodyHex = body == nil ? record.body.hex : nil
  }

  /// The event; nil where the line is not one.
  var record: Record? {
    guard let header = Data(hex: header), let body = body.map({ Data($0.utf8) }) ?? hexBody else {
      return nil
    }
    return Record(frames: [Data(topic.utf8), header, body])
  }

  private var hexBody: Data? { bodyHex.flatMap { Data(hex: $0) } }
}
