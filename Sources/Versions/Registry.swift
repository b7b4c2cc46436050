public import Events
public import FoundationEssentials

/// Every version of every event of a system, with its golden payloads, for tests and tools.
///
/// Services do not need it: they name the events that they emit and react to.
public struct Registry: Sendable {
  /// The events, sorted by type.
  public let events: [RegisteredEvent]

  /// A registry of these events.
  public init(_ events: [RegisteredEvent]) {
    self.events = events.sorted { $0.type < $1.type }
  }

  /// The event with a name; nil for one that is not registered.
  public subscript(type: String) -> RegisteredEvent? {
    events.first { $0.type == type }
  }
}

/// An event with all its versions.
public struct RegisteredEvent: Sendable {
  /// The declared name, for example `order.captured`.
  public let type: String
  /// The stream in which it is published, named after its service.
  public let stream: String
  /// Its meaning, in a sentence.
  public let summary: String
  /// The compatibility that the owners of the event have promised to its readers.
  public let compatibility: Compatibility
  /// The versions, oldest first; the last is the newest.
  public let versions: [RegisteredVersion]
  /// The golden payloads that are of none of the versions.
  let strays: [GoldenPayload]
  /// The subject of an event, by its data in the newest version.
  let subject: @Sendable (Data) throws -> String

  /// The newest version.
  public var newest: RegisteredVersion { versions[versions.count - 1] }

  /// An event.
  ///
  /// - Parameters:
  ///   - event: its newest type, which lists the older ones.
  ///   - stream: the stream in which it is published.
  ///   - compatibility: the compatibility that is promised to its readers.
  ///   - summary: its meaning, in a sentence.
  ///   - golden: its golden payloads, of all versions.
  public init<Newest: Event>(
    _ event: Newest.Type, from stream: String, compatibility: Compatibility, summary: String,
    golden: [GoldenPayload]
  ) {
    type = event.schema.type
    self.stream = stream
    self.summary = summary
    self.compatibility = compatibility
    subject = { try Newest(json: $0).subject }
    func payloads(_ schema: PayloadSchema) -> [GoldenPayload] {
      golden.filter { $0.type == schema.type && $0.version == schema.version }
    }
    versions =
      event.past.map { RegisteredVersion(superseded: $0, of: event, golden: payloads($0.schema)) }
      + [RegisteredVersion(newest: event, golden: payloads(event.schema))]
    let known = versions.flatMap(\.golden)
    strays = golden.filter { !known.contains($0) }
  }

  /// The version with a number; nil for one that there is not.
  public subscript(number: UInt16) -> RegisteredVersion? {
    versions.first { $0.schema.version == number }
  }
}

/// One pinned version of an event's data, without its Swift type: data goes in and out as JSON.
public struct RegisteredVersion: Sendable {
  /// The event, the version and its least reader.
  public let schema: PayloadSchema
  /// The shape of its JSON.
  public let shape: Shape
  /// Payloads that were pinned with it, by name.
  public let golden: [GoldenPayload]
  /// Reads data as this version and writes it again, sorted and without unknown fields.
  public let rewrite: Conversion
  /// Reads data as this version and writes it as the next one; nil for the newest.
  public let upcast: Conversion?
  /// Reads data as the next version and writes it as this one; nil where that cannot be done.
  public let downcast: Conversion?
  /// Whether a service may publish this version: the newest, or one to which the newest can be
  /// downcast.
  public let canBePinned: Bool
  /// The version that an upcast leads to; nil for the newest.
  let next: PayloadSchema?

  /// Makes JSON of other JSON; an error when it does not decode.
  public typealias Conversion = @Sendable (Data) throws -> Data

  /// The version as it is called: `order.captured.v2`.
  public var name: String { "\(schema.type).v\(schema.version)" }

  private init<Content: Payload>(
    _ type: Content.Type, golden: [GoldenPayload], canBePinned: Bool,
    next: PayloadSchema? = nil, upcast: Conversion? = nil, downcast: Conversion? = nil
  ) {
    schema = type.schema
    shape = Shape(of: type)
    self.golden = golden.sorted { $0.name < $1.name }
    rewrite = { try Content(json: $0).json() }
    self.canBePinned = canBePinned
    self.next = next
    self.upcast = upcast
    self.downcast = downcast
  }

  fileprivate init<Newest: Event>(newest: Newest.Type, golden: [GoldenPayload]) {
    self.init(newest, golden: golden, canBePinned: true)
  }

  fileprivate init<Old: Superseded>(
    superseded old: Old.Type, of event: any Event.Type, golden: [GoldenPayload]
  ) {
    self.init(
      old, golden: golden, canBePinned: downcastable(event, to: old.schema.version) != nil,
      next: old.Next.schema,
      upcast: { try Old(json: $0).upcast.json() },
      downcast: (old as? any Downcastable.Type).map { downcasting(to: $0) })
  }
}

private func downcasting<Old: Downcastable>(to old: Old.Type) -> RegisteredVersion.Conversion {
  { data in
    let next = try Old.Next(json: data)
    return try old.init(downcasting: next).json()
  }
}

/// The data of an event as it was when its version was pinned: a file that is never changed.
///
/// A version has `<type>.v<version>.json`, in which everything is there, and may have more,
/// `<type>.v<version>.<case>.json`.
public struct GoldenPayload: Hashable, Sendable {
  /// The name of the file.
  public let name: String
  /// The event's declared name.
  public let type: String
  /// The version.
  public let version: UInt16
  /// The JSON, without the line feed at the end of the file.
  public let data: Data

  /// A golden file; another name is a mistake of the programmer.
  public init(_ name: String, bytes: [UInt8]) {
    guard let (type, version) = Self.parse(name) else {
      preconditionFailure("\(name) is no name of a golden file: write TYPE.vVERSION.json")
    }
    self.name = name
    self.type = type
    self.version = version
    data = Data(bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...])
  }

  private static func parse(_ name: String) -> (type: String, version: UInt16)? {
    let parts = name.split(separator: ".")
    guard parts.last == "json",
      let index = parts.firstIndex(where: { $0.first == "v" && UInt16($0.dropFirst()) != nil }),
      let version = UInt16(parts[index].dropFirst()), index > 0
    else { return nil }
    return (parts[..<index].joined(separator: "."), version)
  }

  /// The data as a value; null when it is no JSON.
  public var value: JSONValue { JSONValue(data) ?? .null }
}

extension GoldenPayload: CustomStringConvertible {
  /// The name of the file.
  public var description: String { name }
}
