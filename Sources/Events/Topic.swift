public import FoundationEssentials
import Glibc

/// Frame 0 of a message: `<stream>/<type>/v<version>/`, for example `alpha/settings.changed/v1/`.
///
/// It ends with `/`, so that no prefix matches a longer name.
public struct Topic: Hashable, Sendable {
  /// The parts, in the one place that all copies share: most events have the topic of the one before.
  private final class Parts: Sendable {
    let stream: String
    let type: String
    let version: UInt16
    let description: String
    let bytes: Data

    init(stream: String, type: String, version: UInt16, description: String) {
      self.stream = stream
      self.type = type
      self.version = version
      self.description = description
      bytes = Data(description.utf8)
    }
  }

  private let parts: Parts

  /// The log that the event is in, named after its service.
  public var stream: String { parts.stream }
  /// The declared name of the event, for example `order.captured`.
  public var type: String { parts.type }
  /// The version of the payload, from 1.
  public var version: UInt16 { parts.version }
  /// The text of the frame.
  public var description: String { parts.description }
  /// The bytes of the frame.
  public var bytes: Data { parts.bytes }

  /// The topic of a version of an event in a stream.
  public init(stream: String, type: String, version: UInt16) {
    parts = Parts(
      stream: stream, type: type, version: version, description: "\(stream)/\(type)/v\(version)/")
  }

  /// Reads a topic; nil for anything that this type would not write.
  public init?(_ text: String) {
    var text = text
    guard let topic = text.withUTF8({ Self(UnsafeRawBufferPointer($0)) }) else { return nil }
    self = topic
  }

  /// Reads the bytes of a frame; nil for anything that this type would not write.
  ///
  /// - Parameters:
  ///   - bytes: the frame.
  ///   - before: the topic of the message before, which the next one often has too.
  public init?(bytes: Data, after before: Topic? = nil) {
    guard
      let topic = bytes.withUnsafeBytes({ bytes in
        if let before, before.isSpelled(bytes) { before } else { Self(bytes) }
      })
    else { return nil }
    self = topic
  }

  private init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count <= 255, bytes.last == Self.slash else { return nil }
    var rest = bytes.dropLast()
    guard let stream = Self.part(of: &rest), let type = Self.part(of: &rest),
      Self.isName(stream), Self.isName(type), let version = Self.version(rest)
    else { return nil }
    parts = Parts(
      stream: String(decoding: stream, as: UTF8.self), type: String(decoding: type, as: UTF8.self),
      version: version, description: String(decoding: bytes, as: UTF8.self))
  }

  private func isSpelled(_ bytes: UnsafeRawBufferPointer) -> Bool {
    parts.bytes.withUnsafeBytes { own in
      guard let start = own.baseAddress, let other = bytes.baseAddress else { return false }
      return own.count == bytes.count && memcmp(start, other, own.count) == 0
    }
  }

  private static let slash = UInt8(ascii: "/")

  /// Takes what stands before the next slash, and the slash.
  private static func part(
    of rest: inout Slice<UnsafeRawBufferPointer>
  ) -> Slice<UnsafeRawBufferPointer>? {
    guard let end = rest.firstIndex(of: slash) else { return nil }
    defer { rest = rest[(end + 1)...] }
    return rest[..<end]
  }

  /// Whether two topics are equal: their texts are.
  public static func == (left: Topic, right: Topic) -> Bool {
    left.parts === right.parts || left.description == right.description
  }

  /// Hashes the text.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(description)
  }

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
    var number: UInt16 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (next, isOver) = tens.addingReportingOverflow(UInt16(digit - UInt8(ascii: "0")))
      guard !isTooLarge, !isOver else { return nil }
      number = next
    }
    return number
  }
}

extension Topic: CustomStringConvertible {}
