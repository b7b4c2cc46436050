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
  /// The event's declared name, for example `order.captured`.
  public let type: String
  /// The payload's version, from 1.
  public let version: UInt16
  /// The oldest version whose readers may apply this payload.
  ///
  /// Below it, a reader would miss something that it must not miss, such as a promise, and puts
  /// the event aside.
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
