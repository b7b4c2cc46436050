import Foundation
import Testing

/// A client of Overlord's stream, which remembers what it has, as a browser's `EventSource` does.
struct EventStream {
  /// The id that is sent to continue.
  private(set) var lastID = "0"
  /// The events that came whole, in order.
  private(set) var events: [SeenEvent] = []
  /// Their ids and names.
  private(set) var ids: [String] = []
  private(set) var names: [String] = []

  /// Connects, reads a number of bytes, and cuts the connection, wherever it is.
  ///
  /// - Parameters:
  ///   - limit: the number of bytes.
  ///   - last: the position at which the connection is cut before; nil where there is none.
  mutating func read(
    from overlord: HTTPClient, atMost limit: Int, until last: Int64? = nil
  ) async throws {
    let end = last.map { Array("id: \($0)\n".utf8) }
    let connection = try RawConnection(to: overlord)
    connection.send(
      """
      GET /api/events/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: \(lastID)\r\n\r\n
      """)
    let bytes = await connection.receive(atMost: limit) { bytes in
      // The data is between the id and the end of the block.
      guard let end, let id = bytes.firstRange(of: end) else { return false }
      return bytes[(id.upperBound - 1)...].firstRange(of: [0x0a, 0x0a]) != nil
    }
    guard let head = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
    #expect(bytes.starts(with: Array("HTTP/1.1 200 OK\r\n".utf8)))
    let text = String(decoding: Self.unchunked(bytes[head.upperBound...]), as: UTF8.self)
    // The last part is not whole.
    for block in text.components(separatedBy: "\n\n").dropLast() { try take(block) }
  }

  private mutating func take(_ block: String) throws {
    var fields: [String: String] = [:]
    for line in block.split(separator: "\n") {
      let name = line.prefix { $0 != ":" }
      fields[String(name)] = String(line.dropFirst(name.count + 2))
    }
    lastID = fields["id"] ?? lastID
    guard let data = fields["data"] else { return }
    events.append(SeenEvent(json: try JSON(Data(data.utf8))))
    ids.append(fields["id"] ?? "")
    names.append(fields["event"] ?? "")
  }

  /// The content of the chunks, as far as it came.
  private static func unchunked(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var rest = bytes
    var content: [UInt8] = []
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let size = String(decoding: rest[..<end].dropLast(), as: UTF8.self)
      guard let count = Int(size, radix: 16), count > 0 else { break }
      rest = rest[(end + 1)...]
      content += rest.prefix(count)
      rest = rest.dropFirst(count + 2)
    }
    return content
  }
}
