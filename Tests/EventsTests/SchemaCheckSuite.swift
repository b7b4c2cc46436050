import Events
import FoundationEssentials
import Versions

/// The event of the checks, as it was pinned.
struct Made: Event {
  static let schema = PayloadSchema("thing.made", version: 2, leastReader: 1)
  static let past: [any Superseded.Type] = [V1.self]
  var thing: String
  var count: Int64
  var note: String?
  var subject: String { thing }

  struct V1: Superseded {
    static let schema = PayloadSchema("thing.made", version: 1, leastReader: 1)
    var thing: String
    var count: Int64
    var upcast: Made { Made(thing: thing, count: count, note: nil) }
  }
}

/// A suite that compares registries with the lock of one event, ``Made``.
protocol SchemaCheckSuite {}

extension SchemaCheckSuite {
  static var first: GoldenPayload {
    golden("thing.made.v1.json", #"{"count":1,"thing":"t"}"#)
  }

  static var second: GoldenPayload {
    golden("thing.made.v2.json", #"{"count":1,"note":"n","thing":"t"}"#)
  }

  static var bare: GoldenPayload {
    golden("thing.made.v2.from-v1.json", #"{"count":1,"thing":"t"}"#)
  }

  static var files: [GoldenPayload] { [first, second, bare] }

  func registered<E: Event>(
    _ event: E.Type, from stream: String = "things", at level: Compatibility = .full,
    golden: [GoldenPayload] = Self.files
  ) -> Registry {
    Registry([
      RegisteredEvent(
        event, from: stream, compatibility: level, summary: "A thing was made.", golden: golden)
    ])
  }

  func lock(adding lines: String = "") throws -> SchemaLock {
    let pinned = registered(Made.self).lock.lines.map(\.description).joined(separator: "\n")
    return try SchemaLock("# pinned\n\n\(pinned)\n\(lines)")
  }

  func problems(_ registry: Registry, adding lines: String = "") throws -> [String] {
    registry.problems(with: try lock(adding: lines))
  }
}
