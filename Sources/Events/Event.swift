/// One pinned version of an event's data: its JSON shape under a declared name and number.
///
/// The name is a declared constant, never a Swift type's name, so that a rename in the code
/// changes no byte on the wire.
public protocol Payload: Codable, Hashable, Sendable {
  /// The event, the version and its least reader.
  static var schema: PayloadSchema { get }
}

/// An event's newest version: the one that services decide with, and to which every older version
/// is upcast.
public protocol Event: Payload {
  /// The older versions that are still read, oldest first; none by default.
  static var past: [any Superseded.Type] { get }
  /// The subject, the key of its order of application: an order or the settings.
  var subject: String { get }
}

extension Event {
  /// None, for an event that has one version.
  public static var past: [any Superseded.Type] { [] }
}

/// The name and number under which a payload is pinned.
public struct PayloadSchema: Codable, Hashable, Sendable {
  /// The names, which are the same in all copies.
  private final class Names: Sendable {
    let type: String
    let cloudEventType: String
    let dataSchema: String

    init(_ type: String, version: UInt16) {
      self.type = type
      cloudEventType = PayloadSchema.cloudEventType(type, version: version)
      dataSchema = "urn:eventually:schema:\(type):\(version)"
    }
  }

  private let names: Names
  /// The event's declared name, for example `order.captured`.
  public var type: String { names.type }
  /// The payload's version, from 1.
  public let version: UInt16
  /// The oldest version whose readers may apply this payload.
  ///
  /// Below it, a reader would miss something that it must not miss, such as a promise, and puts
  /// the event aside.
  public let leastReader: UInt16

  /// The CloudEvents `type`.
  public var cloudEventType: String { names.cloudEventType }
  /// The CloudEvents `dataschema`.
  public var dataSchema: String { names.dataSchema }

  /// A pin; a version below its own least reader is a mistake of the programmer.
  public init(_ type: String, version: UInt16, leastReader: UInt16) {
    precondition(
      (1...version).contains(leastReader), "\(type): the least reader is from 1 to the version")
    self.init(type: type, version: version, leastReader: leastReader)
  }

  private init(type: String, version: UInt16, leastReader: UInt16) {
    names = Names(type, version: version)
    self.version = version
    self.leastReader = leastReader
  }

  static func cloudEventType(_ type: String, version: UInt16) -> String {
    "dev.eventually.\(type).v\(version)"
  }
}

extension PayloadSchema {
  /// Whether the type and both numbers are equal.
  public static func == (left: PayloadSchema, right: PayloadSchema) -> Bool {
    (left.version, left.leastReader) == (right.version, right.leastReader)
      && left.type == right.type
  }

  /// Hashes the type and both numbers.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    hasher.combine(version)
    hasher.combine(leastReader)
  }
}

extension PayloadSchema {
  private enum Member: CodingKey { case type, version, leastReader }

  /// Reads the name and the two numbers, as a peer has declared them.
  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    self.init(
      type: try members.decode(String.self, forKey: .type),
      version: try members.decode(UInt16.self, forKey: .version),
      leastReader: try members.decode(UInt16.self, forKey: .leastReader))
  }

  /// Writes the name and the two numbers.
  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Member.self)
    try members.encode(type, forKey: .type)
    try members.encode(version, forKey: .version)
    try members.encode(leastReader, forKey: .leastReader)
  }
}
