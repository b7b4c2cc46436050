import Crypto
import Foundation

// The wire as a foreign client reads it: by the bytes of the design, and none of our own types.

/// The 48 bytes of frame 1.
struct WireHeader: Equatable {
  let magic: String
  let version: UInt8
  let flags: UInt8
  let schemaVersion: UInt64
  let leastReader: UInt64
  let epoch: UInt64
  let sequence: UInt64
  let committedAt: UInt64
  let chain: Data

  init(_ frame: Data) throws {
    let bytes = Array(frame)
    guard bytes.count == 48 else { throw WireFailure("a header has \(bytes.count) bytes") }
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    magic = String(decoding: bytes[0..<2], as: UTF8.self)
    version = bytes[2]
    flags = bytes[3]
    schemaVersion = number(4..<6)
    leastReader = number(6..<8)
    epoch = number(8..<16)
    sequence = number(16..<24)
    committedAt = number(24..<32)
    chain = Data(bytes[32..<48])
  }

  var isBeat: Bool { flags & 1 == 1 }
}

/// Three frames: an event or a beat.
struct WireMessage {
  let topic: String
  let header: WireHeader
  let body: Data
  let frames: [Data]

  init(_ frames: [Data]) throws {
    guard frames.count == 3 else { throw WireFailure("a message has \(frames.count) frames") }
    self.frames = frames
    topic = String(decoding: frames[0], as: UTF8.self)
    header = try WireHeader(frames[1])
    body = frames[2]
  }

  var event: WireEvent {
    get throws { try JSONDecoder().decode(WireEvent.self, from: body) }
  }

  var beat: WireBeat {
    get throws { try JSONDecoder().decode(WireBeat.self, from: body) }
  }
}

/// A CloudEvent, without its data.
struct WireEvent: Decodable {
  let specversion: String
  let id: String
  let source: String
  let type: String
  let subject: String
  let time: String
  let datacontenttype: String
  let dataschema: String
  let sequence: String
  let correlationid: String
  let causationid: String?
  let requestid: String?
  let traceparent: String
}

struct WireBeat: Decodable {
  let stream: String
  let floor: UInt64
}

/// The log's answer, of any verb; members of other verbs are absent.
struct WireAnswer: Decodable {
  struct History: Decodable {
    let epoch: String
    let from: UInt64
    let chain: String
  }

  struct Consumer: Decodable {
    let name: String
    let cursor: UInt64
  }

  let id: Int?
  let stream: String?
  let epoch: String?
  let after: UInt64?
  let through: UInt64?
  let head: UInt64?
  let floor: UInt64?
  let chain: String?
  let code: String?
  let message: String?
  let lineage: [History]?
  let consumers: [Consumer]?
}

struct WireFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// chain(n): the first 16 bytes of SHA-256(chain(n-1) + topic(n) + body(n)).
func wireChain(after chain: Data, _ message: WireMessage) -> Data {
  Data(SHA256.hash(data: chain + message.frames[0] + message.frames[2])).prefix(16)
}

/// chain(0).
let wireChainZero = Data(count: 16)

extension Data {
  /// Lower-case hexadecimal digits, two a byte.
  var wireHex: String {
    map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

extension UInt64 {
  /// 16 hexadecimal digits.
  var wireHex: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Whether the members of every object in a JSON text are in the order of their names.
func hasSortedKeys(_ json: Data) -> Bool {
  var names: [[UInt8]] = []
  var bytes = Array(json)[...]
  while let byte = bytes.popFirst() {
    switch byte {
    case UInt8(ascii: "{"): names.append([])
    case UInt8(ascii: "}"): names.removeLast()
    case UInt8(ascii: "\""):
      var text: [UInt8] = []
      while let next = bytes.popFirst(), next != UInt8(ascii: "\"") {
        text.append(next)
        if next == UInt8(ascii: "\\"), let escaped = bytes.popFirst() { text.append(escaped) }
      }
      guard bytes.first == UInt8(ascii: ":"), let last = names.last else { continue }
      guard last.lexicographicallyPrecedes(text) else { return false }
      names[names.count - 1] = text
    default: continue
    }
  }
  return true
}
