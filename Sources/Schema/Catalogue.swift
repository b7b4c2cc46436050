public import Events
public import FoundationEssentials

/// Every version of every event of this system, for tests and tools that walk over them all.
///
/// Services do not need it: they name the events that they react to.
public enum Catalogue {
  /// The events, each with its versions.
  public static let entries = [
    Entry(SettingsChanged.self),
    Entry(OrderCaptured.self, past: [Version(OrderCaptured.V1.self)]),
    Entry(OrderApproved.self, past: [Version(OrderApproved.V1.self)]),
    Entry(OrderRejected.self),
    Entry(OrderCharged.self),
    Entry(OrderDeclined.self),
    Entry(OrderFinalized.self),
  ]

  /// The versions of all events, each event's oldest first.
  public static var versions: [Version] { entries.flatMap(\.versions) }

  /// The version with a name and number; nil when this build does not know it.
  public static func version(_ number: UInt16, of type: String) -> Version? {
    versions.first { $0.schema.type == type && $0.schema.version == number }
  }
}

extension Catalogue {
  /// One event with all its versions.
  public struct Entry: Sendable {
    /// The event's declared name, for example `order.captured`.
    public let type: String
    /// The versions, oldest first; the last is what services write.
    public let versions: [Version]

    init<Newest: Event>(_ newest: Newest.Type, past: [Version] = []) {
      precondition(
        past.map(\.schema) == Newest.past.map(\.schema),
        "\(Newest.schema.type): the catalogue and the event list the same past versions")
      type = Newest.schema.type
      versions = past + [Version(newest)]
    }
  }

  /// One pinned version of an event's data, without its Swift type.
  public struct Version: Sendable {
    /// The event, the version and who may read it.
    public let schema: PayloadSchema
    private let rewriting: @Sendable (Data) throws -> Data
    private let upcasting: @Sendable (Data) throws -> Data

    init<Newest: Event>(_ newest: Newest.Type) {
      schema = Newest.schema
      rewriting = { try JSONEncoder.wire.encode(JSONDecoder().decode(newest, from: $0)) }
      upcasting = rewriting
    }

    init<Old: Superseded>(_ old: Old.Type) {
      schema = Old.schema
      rewriting = { try JSONEncoder.wire.encode(JSONDecoder().decode(old, from: $0)) }
      upcasting = { try JSONEncoder.wire.encode(JSONDecoder().decode(old, from: $0).upcast) }
    }

    /// Reads JSON as this version's data and writes it again, with sorted keys and without the
    /// fields that this version does not know; an error when it does not decode.
    public func rewrite(_ data: Data) throws -> Data { try rewriting(data) }

    /// Reads JSON as this version's data and writes it as the newest version's; an error when it
    /// does not decode.
    public func upcast(_ data: Data) throws -> Data { try upcasting(data) }
  }
}
