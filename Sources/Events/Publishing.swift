import Crypto
import FoundationEssentials
public import Runtime

/// The events that a service emits, each in the one version that it publishes now.
///
/// The published version is the newest one, or an older one that is pinned until all consumers read
/// the next. Rules and reactions use only the newest, and their events are downcast. The log, the
/// chain and the type are of the published version.
public struct Publishing: Sendable {
  /// The versions that are published, by type; nil where they are not declared.
  public let catalogue: Catalogue?
  private let pinned: [String: any Downcastable.Type]

  /// Any event in its newest version, for a journal whose events are not declared.
  public static let undeclared = Publishing(catalogue: nil, pinned: [:])

  private init(catalogue: Catalogue?, pinned: [String: any Downcastable.Type]) {
    self.catalogue = catalogue
    self.pinned = pinned
  }

  /// These events and no others, in their newest versions where none is pinned.
  ///
  /// - Parameters:
  ///   - events: all that the service emits.
  ///   - pins: the versions to publish instead, each written as `TYPE=VERSION`.
  /// - Throws: ``BadPin`` for one that cannot be kept.
  public init(_ events: [any Event.Type], pins: [String] = []) throws(BadPin) {
    var pinned: [String: any Downcastable.Type] = [:]
    var seen: Set<String> = []
    for pin in try pins.map({ text throws(BadPin) in try Pin(text) }) {
      guard seen.insert(pin.type).inserted else { throw BadPin("\(pin.type) is pinned twice") }
      pinned[pin.type] = try pin.pinned(among: events)
    }
    let schemas = events.map { pinned[$0.schema.type]?.schema ?? $0.schema }
    self.init(catalogue: Catalogue(schemas), pinned: pinned)
  }

  /// The version in which an event is published.
  public func version<E: Event>(of event: E.Type) -> UInt16 {
    pinned[E.schema.type]?.schema.version ?? E.schema.version
  }

  /// The data to publish in place of an event's own, where an older version is pinned.
  ///
  /// - Throws: ``UnsayableFact`` when the pinned version cannot express it.
  package func older<E: Event>(_ event: E) throws -> (any Payload)? {
    precondition(
      catalogue?.schemas.contains { $0.type == E.schema.type } ?? true,
      "\(E.schema.type) is emitted, and not declared among what the service publishes")
    return try pinned[E.schema.type]?.downcast(event)
  }
}

/// The published versions of a service's events, as its followers receive them.
public struct Catalogue: Hashable, Sendable {
  /// One version of each event, sorted by type.
  public let schemas: [PayloadSchema]

  /// A catalogue of these versions.
  public init(_ schemas: [PayloadSchema]) {
    self.schemas = schemas.sorted { $0.type < $1.type }
  }

  /// The hash in a beat, by which a change is noticed: 16 hexadecimal digits, the first 8 bytes of
  /// SHA-256 over a line `<type>/v<version>/<leastReader>` for each event.
  public var hash: String {
    let lines = schemas.map { "\($0.type)/v\($0.version)/\($0.leastReader)\n" }.joined()
    return Data(SHA256.hash(data: Data(lines.utf8)).prefix(8)).hex
  }
}

extension Catalogue: Codable {
  /// Reads a list of versions.
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode([PayloadSchema].self))
  }

  /// Writes a list of versions.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(schemas)
  }
}

// MARK: Pins

/// A pin that cannot be kept, as the end of a sentence about it.
public struct BadPin: RequiresOperator, CustomStringConvertible {
  /// The error, and the versions that can be pinned, for people.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// An event's name with the version in which it is to be published, `TYPE=VERSION`.
private struct Pin {
  let type: String
  let number: UInt16

  init(_ text: String) throws(BadPin) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let number = UInt16(parts[1]), number > 0 else {
      throw BadPin("“\(text)” is no pin: write TYPE=VERSION, with a version from 1 on")
    }
    type = String(parts[0])
    self.number = number
  }

  /// The older version that is pinned; nil when it is the newest.
  func pinned(among events: [any Event.Type]) throws(BadPin) -> (any Downcastable.Type)? {
    guard let event = events.first(where: { $0.schema.type == type }) else {
      let known = events.map { $0.schema.type }.sorted().joined(separator: ", ")
      throw BadPin(
        "“\(type)” is not published here: "
          + (known.isEmpty ? "nothing is" : "what can be pinned is of \(known)"))
    }
    let newest = event.schema.version
    if number == newest { return nil }
    guard let version = downcastable(event, to: number) else {
      let past = event.past.map { $0.schema.version }
        .filter { downcastable(event, to: $0) != nil }
      let possible = (past + [newest]).map(String.init).joined(separator: ", ")
      throw BadPin(
        "version \(number) of \(type) cannot be published; what can be pinned is \(possible)")
    }
    return version
  }
}
