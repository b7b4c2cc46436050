import Events
import Foundation
import Testing
import Versions

/// The table of the page “Versions”: each change to a payload, and which mode allows it.
@Suite(.timeLimit(.minutes(1))) struct CompatibilityTests {
  /// A change from one payload to another, with the verdicts that the page has for it.
  struct Change: Sendable, CustomStringConvertible {
    let description: String
    /// The values of the four columns.
    let verdicts: @Sendable () throws -> [Bool]

    init<Old: Event, New: Event>(
      _ name: String, _ old: Old.Type, _ new: New.Type,
      upcast: (@Sendable (Old) -> New)? = nil
    ) {
      description = name
      verdicts = {
        let before = registered(old)
        let after = registered(new)
        let backward =
          if let upcast {
            readsAll(of: old) { _ = upcast(try JSONDecoder().decode(old, from: $0)) }
          } else {
            before.misreadings(of: before.newest, as: after.newest).isEmpty
          }
        let forward = after.misreadings(of: after.newest, as: before.newest).isEmpty
        return [try joins(old, new), backward, forward, backward && forward]
      }
    }
  }

  @Test(arguments: changes)
  func `each change is allowed by the modes in the page`(change: Change) throws {
    let row = try #require(Self.table[change.description], "the page has no such row")
    #expect(try change.verdicts().map { $0 ? "yes" : "no" } == row)
  }

  @Test func `the page has no other rows`() {
    #expect(Set(Self.table.keys) == Set(changes.map(\.description)))
  }

  @Test(
    arguments: [
      (.backward, [.backward]), (.backwardTransitive, [.backward]), (.forward, [.forward]),
      (.forwardTransitive, [.forward]), (.full, [.backward, .forward]),
      (.fullTransitive, [.backward, .forward]),
    ] as [(Compatibility, [Compatibility])])
  func `a level checks the directions in its name`(level: Compatibility, parts: [Compatibility]) {
    #expect(level.isBackward == parts.contains(.backward))
    #expect(level.isForward == parts.contains(.forward))
    #expect(level.isTransitive == level.rawValue.hasSuffix("TRANSITIVE"))
  }

  // MARK: Transitive

  /// Its third version is read by the second, and not by the first.
  private struct Three: Event {
    static let schema = PayloadSchema("thing.three", version: 3, leastReader: 2)
    static let past: [any Superseded.Type] = [V1.self, V2.self]
    var thing: String
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = PayloadSchema("thing.three", version: 1, leastReader: 1)
      var thing: String
      var upcast: V2 { V2(thing: thing) }
    }

    struct V2: Superseded {
      static let schema = PayloadSchema("thing.three", version: 2, leastReader: 1)
      var thing: String
      var upcast: Three { Three(thing: thing) }
    }
  }

  @Test(
    arguments: [
      (.forward, 0), (.full, 0), (.backwardTransitive, 0), (.forwardTransitive, 1),
      (.fullTransitive, 1),
    ] as [(Compatibility, Int)])
  func `a transitive level is about all versions, another about neighbours`(
    level: Compatibility, count: Int
  ) {
    let event = RegisteredEvent(
      Three.self, from: "things", compatibility: level, summary: "",
      golden: (1...3).map { golden("thing.three.v\($0).json", #"{"thing":"t"}"#) })
    #expect(event.incompatibilities().count == count)
  }

  // MARK: The page

  private static let table: [String: [String]] = {
    let page = URL(fileURLWithPath: #filePath).appending(
      path: "../../../Sources/Versions/Versions.docc/VersionsThatCannotBreak.md"
    ).standardized
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    return Dictionary(
      uniqueKeysWithValues: rows.filter { $0.count == 5 && ["yes", "no"].contains($0[1]) }
        .map { ($0[0], Array($0[1...])) })
  }()
}

/// An event of one version, with a payload that has every field.
private func registered<E: Event>(_ event: E.Type, _ more: [GoldenPayload] = []) -> RegisteredEvent
{
  RegisteredEvent(
    event, from: "things", compatibility: .full, summary: "", golden: more + golden(of: event))
}

/// A payload with every field, and one without the optional fields.
private func golden<E: Event>(of event: E.Type, _ name: String = "") -> [GoldenPayload] {
  let shape = Shape(of: event)
  let bare = shape.fields.reduce(into: shape.example) { value, field in
    if case .object(var members) = value, field.path.hasSuffix("?") {
      members[String(field.path.dropLast())] = nil
      value = .object(members)
    }
  }
  return [(name, shape.example), (name + ".bare", bare)].map { name, value in
    let data = (try? value.json()) ?? Data()
    return golden(
      "\(event.schema.type).v\(event.schema.version)\(name).json",
      String(decoding: data, as: UTF8.self))
  }
}

/// Whether everything that a writer of a payload may send is read.
private func readsAll<Written: Payload>(
  of written: Written.Type, _ read: (Data) throws -> Void
) -> Bool {
  let shape = Shape(of: written)
  return shape.variants(of: shape.example).allSatisfy { variant in
    (try? read(variant.value.json())) != nil
  }
}

/// Whether a pinned version may change to this one without a new number.
private func joins<Old: Event, New: Event>(_ old: Old.Type, _ new: New.Type) throws -> Bool {
  let before = Registry([registered(old)])
  let after = Registry([
    RegisteredEvent(
      new, from: "things", compatibility: .full, summary: "",
      golden: golden(of: old) + golden(of: new, ".changed"))
  ])
  return after.problems(with: before.lock).allSatisfy { $0.contains("are not pinned yet") }
}

// MARK: The changes

private let pin = PayloadSchema("thing.changed", version: 2, leastReader: 1)

private struct Base: Event {
  static let schema = pin
  var thing: String
  var count: Int64
  var subject: String { thing }
}

private struct RenamedType: Event {
  static let schema = pin
  var name: String
  var number: Int64
  var subject: String { name }

  enum CodingKeys: String, CodingKey {
    case name = "thing"
    case number = "count"
  }
}

private struct WithOptional: Event {
  static let schema = pin
  var thing: String
  var count: Int64
  var note: String?
  var subject: String { thing }
}

private struct WithRequired: Event {
  static let schema = pin
  var thing: String
  var count: Int64
  var note: String
  var subject: String { thing }
}

private struct WithoutCount: Event {
  static let schema = pin
  var thing: String
  var subject: String { thing }
}

private struct RenamedField: Event {
  static let schema = pin
  var thing: String
  var number: Int64
  var subject: String { thing }
}

private struct Retyped: Event {
  static let schema = pin
  var thing: String
  var count: String
  var subject: String { thing }
}

private struct Raised: Event {
  static let schema = PayloadSchema("thing.changed", version: 3, leastReader: 3)
  var thing: String
  var count: Int64
  var subject: String { thing }
}

private struct TwoColours: Event {
  enum Colour: String, Codable, CaseIterable { case red, blue }
  static let schema = pin
  var colour: Colour
  var subject: String { "" }
}

private struct ThreeColours: Event {
  enum Colour: String, Codable, CaseIterable { case red, blue, green }
  static let schema = pin
  var colour: Colour
  var subject: String { "" }
}

private let changes: [CompatibilityTests.Change] = [
  .init("a type or a property is renamed in Swift only", Base.self, RenamedType.self),
  .init("an optional field is added", Base.self, WithOptional.self),
  .init("an optional field is removed", WithOptional.self, Base.self),
  .init(
    "a required field is added that cannot be computed from others", Base.self, WithRequired.self),
  .init("a required field is added that is computed from others", Base.self, WithRequired.self) {
    WithRequired(thing: $0.thing, count: $0.count, note: "\($0.count) of \($0.thing)")
  },
  .init("a required field is removed", Base.self, WithoutCount.self),
  .init("a field is renamed on the wire", Base.self, RenamedField.self) {
    RenamedField(thing: $0.thing, number: $0.count)
  },
  .init("a field is retyped", Base.self, Retyped.self) {
    Retyped(thing: $0.thing, count: "\($0.count)")
  },
  .init("an optional field becomes required", WithOptional.self, WithRequired.self),
  .init("a required field becomes optional", WithRequired.self, WithOptional.self),
  .init("a choice gets another value", TwoColours.self, ThreeColours.self),
  .init("a choice loses a value", ThreeColours.self, TwoColours.self),
  .init("the least reader is raised to the new version", Base.self, Raised.self),
]
