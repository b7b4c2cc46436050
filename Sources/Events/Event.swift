/// One pinned version of an event's data: its JSON shape under a declared name and number.
///
/// The name is a declared constant, never a Swift type's name, so that a rename in the code
/// changes no byte on the wire.
public protocol Payload: Codable, Hashable, Sendable {
  /// The event, the version and who may read it.
  static var schema: PayloadSchema { get }
}

/// An event's newest version: what services write, and what every older version is read as.
public protocol Event: Payload {
  /// The older versions that are still read, oldest first, with their upcasters.
  static var past: [PastVersion<Self>] { get }
  /// What the event is about, the key of its order of application: an order or the settings.
  var subject: String { get }
}

extension Event {
  /// None, for an event that has one version.
  public static var past: [PastVersion<Self>] { [] }
}

/// The name and number under which a payload is pinned.
public struct PayloadSchema: Hashable, Sendable {
  /// The event's declared name, for example `order.captured`.
  public let type: String
  /// The payload's version, from 1.
  public let version: UInt16
  /// The oldest version whose readers may apply this payload.
  ///
  /// Below it, a reader would miss something that it must not miss, such as a promise, and puts the event aside.
  public let leastReader: UInt16

  /// A pin; a version below its own least reader is a mistake of the programmer.
  public init(_ type: String, version: UInt16, leastReader: UInt16) {
    precondition(
      (1...version).contains(leastReader), "\(type): the least reader is from 1 to the version")
    self.type = type
    self.version = version
    self.leastReader = leastReader
  }

  /// The CloudEvents `type`.
  public var cloudEventType: String { "dev.eventually.\(type).v\(version)" }
  /// The CloudEvents `dataschema`.
  public var dataSchema: String { "urn:eventually:schema:\(type):\(version)" }
}

/// An older version of an event, and how its data is read as the newest.
public struct PastVersion<Current: Event>: Sendable {
  /// The older version's pin.
  public let schema: PayloadSchema
  let decode: @Sendable (Record) throws -> Envelope<Current>

  /// A version whose data becomes the newest by `upcast`.
  ///
  /// What the older version did not say is
  /// absent in the newest: unknown, never zero.
  public init<Old: Payload>(
    _ old: Old.Type, upcast: @escaping @Sendable (Old) -> Current
  ) {
    schema = Old.schema
    decode = { record in try Envelope<Old>(record).map(upcast) }
  }
}
