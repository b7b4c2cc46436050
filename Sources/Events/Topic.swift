public import FoundationEssentials

/// Frame 0 of a message: `<stream>/<type>/v<version>/`, for example `alpha/settings.changed/v1/`.
///
/// It ends with `/`, so that no prefix matches a longer name.
public struct Topic: Hashable, Sendable {
  /// The log that the event is in, named after its service.
  public let stream: String
  /// The declared name of the event, for example `order.captured`.
  public let type: String
  /// The version of the payload, from 1.
  public let version: UInt16
  /// The text of the frame.
  public let description: String

  /// The topic of a version of an event in a stream.
  public init(stream: String, type: String, version: UInt16) {
    self.stream = stream
    self.type = type
    self.version = version
    description = "\(stream)/\(type)/v\(version)/"
  }

  /// Reads a topic; nil for anything that this type would not write.
  public init?(_ text: String) {
    var text = text
    guard let topic = text.withUTF8({ Self(UnsafeRawBufferPointer($0)) }) else { return nil }
    self = topic
  }

  /// Reads the bytes of a frame; nil for anything that this type would not write.
  public init?(bytes: Data) {
    guard let topic = bytes.withUnsafeBytes({ Self($0) }) else { return nil }
    self = topic
  }

  private init?(_ bytes: UnsafeRawBufferPointer) {
    let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard bytes.count <= 255, parts.count == 4, parts[3].isEmpty,
      Self.isName(parts[0]), Self.isName(parts[1]), let version = Self.version(parts[2])
    else { return nil }
    stream = String(decoding: parts[0], as: UTF8.self)
    type = String(decoding: parts[1], as: UTF8.self)
    self.version = version
    description = String(decoding: bytes, as: UTF8.self)
  }

  /// Whether two topics are equal: their texts are.
  public static func == (left: Topic, right: Topic) -> Bool {
    left.description == right.description
  }

  /// Hashes the text.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(description)
  }

  /// The bytes of the frame.
  public var bytes: Data { Data(description.utf8) }

  /// The subscription of a durable follower of a stream.
  public static func prefix(ofStream stream: String) -> String { "\(stream)/" }

  /// The topic of the beat that is sent to the subscribers of a prefix.
  public static func beat(to prefix: Data) -> Data { prefix + Data("~beat/".utf8) }

  private static func isName(_ part: Slice<UnsafeRawBufferPointer>) -> Bool {
    !part.isEmpty
      && part.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// The number after `v`, from 1, without leading zeros.
  private static func version(_ part: Slice<UnsafeRawBufferPointer>) -> UInt16? {
    let digits = part.dropFirst()
    guard part.first == UInt8(ascii: "v"), let first = digits.first,
      (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first)
    else { return nil }
    return UInt16(String(decoding: digits, as: UTF8.self))
  }
}

extension Topic: CustomStringConvertible {}
