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

  /// The topic of a version of an event in a stream.
  public init(stream: String, type: String, version: UInt16) {
    self.stream = stream
    self.type = type
    self.version = version
  }

  /// Reads a topic; nil for anything that this type would not write.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.utf8.count <= 255, parts.count == 4, parts[3].isEmpty, parts[2].first == "v",
      let version = UInt16(parts[2].dropFirst()), version > 0,
      Self.isName(parts[0]), Self.isName(parts[1])
    else { return nil }
    self.init(stream: String(parts[0]), type: String(parts[1]), version: version)
    guard description == text else { return nil }
  }

  /// Reads the bytes of a frame; nil for anything that this type would not write.
  public init?(bytes: Data) {
    guard bytes.count <= 255, let text = String(data: bytes, encoding: .utf8) else { return nil }
    self.init(text)
  }

  /// The bytes of the frame.
  public var bytes: Data { Data(description.utf8) }

  /// The subscription of a durable follower of a stream.
  public static func prefix(ofStream stream: String) -> String { "\(stream)/" }

  /// The topic of the beat that is sent to the subscribers of a prefix.
  public static func beat(to prefix: Data) -> Data { prefix + Data("~beat/".utf8) }

  private static func isName(_ part: some StringProtocol) -> Bool {
    !part.isEmpty
      && part.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
      }
  }
}

extension Topic: CustomStringConvertible {
  /// The text of the frame.
  public var description: String { "\(stream)/\(type)/v\(version)/" }
}
