import Events
import FoundationEssentials
import Testing
import Versions

/// Mistakes that change no line of the lock, and are found by what the code does.
@Suite(.timeLimit(.minutes(1))) struct SchemaTrapTests {
  private func problems<E: Event>(
    _ event: E.Type, _ golden: [GoldenPayload], _ level: Compatibility = .backwardTransitive
  ) -> [String] {
    let event = RegisteredEvent(
      event, from: "things", compatibility: level, summary: "A thing.", golden: golden)
    return Registry([event]).problems(with: Registry([event]).lock)
  }

  // MARK: The chain

  /// Its first version was not adapted when the third came: it has kilograms instead of grams.
  struct Weighed: Event {
    static let schema = PayloadSchema("thing.weighed", version: 3, leastReader: 3)
    static let past: [any Superseded.Type] = [V1.self, V2.self]
    var weight: Int64
    var subject: String { "" }

    struct V2: Superseded {
      static let schema = PayloadSchema("thing.weighed", version: 2, leastReader: 2)
      var weight: Int64
      var upcast: Weighed { Weighed(weight: weight &* 1000) }
    }

    struct V1: Superseded {
      static let schema = PayloadSchema("thing.weighed", version: 1, leastReader: 1)
      var weight: Int64
      var upcast: Weighed { Weighed(weight: weight) }
    }
  }

  @Test func `a version that passes the next one over`() {
    let files = [
      golden("thing.weighed.v1.json", #"{"weight":5}"#),
      golden("thing.weighed.v2.json", #"{"weight":5}"#),
      golden("thing.weighed.v3.json", #"{"weight":5000}"#),
    ]
    #expect(
      problems(Weighed.self, files).contains(
        "thing.weighed.v1 becomes version 3, and the one after it is 2: let its upcast, and its "
          + "downcast, be from and to thing.weighed.v2."))
  }

  // MARK: What upcasts and downcasts make of it

  struct Priced: Event {
    static let schema = PayloadSchema("thing.priced", version: 2, leastReader: 1)
    static let past: [any Superseded.Type] = [V1.self]
    var fee: Int64?
    var subject: String { "" }

    /// It takes what is unknown for zero.
    struct V1: Superseded {
      static let schema = PayloadSchema("thing.priced", version: 1, leastReader: 1)
      var fee: Int64?
      var upcast: Priced { Priced(fee: fee ?? 0) }
    }
  }

  @Test func `an upcast that invents a value needs a golden file that shows it`() {
    let files = [
      golden("thing.priced.v1.json", #"{"fee":5}"#), golden("thing.priced.v2.json", #"{"fee":5}"#),
      golden("thing.priced.v2.none.json", "{}"),
    ]
    #expect(
      problems(Priced.self, files) == [
        "thing.priced.v1: no golden file is without the field fee?. Add thing.priced.v1.<case>.json, "
          + "so that what is unknown stays unknown in every version."
      ])
    #expect(
      problems(Priced.self, files + [golden("thing.priced.v1.none.json", "{}")]) == [
        "thing.priced.v1.none.json, read as version 2, is none of its golden payloads. If it is "
          + "right, add it as thing.priced.v2.from-v1.json:\n" + #"{"fee":0}"#
      ])
  }

  struct Swapped: Event {
    static let schema = PayloadSchema("thing.swapped", version: 2, leastReader: 1)
    static let past: [any Superseded.Type] = [V1.self]
    var fee: Int64
    var discount: Int64
    var subject: String { "" }

    struct V1: Downcastable {
      static let schema = PayloadSchema("thing.swapped", version: 1, leastReader: 1)
      var fee: Int64
      var discount: Int64
      var upcast: Swapped { Swapped(fee: fee, discount: discount) }
    }
  }

  @Test func `a different downcast is none of the golden payloads`() {
    let data = #"{"discount":1,"fee":2}"#
    let files = [golden("thing.swapped.v1.json", data), golden("thing.swapped.v2.json", data)]
    #expect(
      problems(Swapped.self, files) == [
        "thing.swapped.v2.json, downcast to version 1, is none of its golden payloads. If it is "
          + "right, add it as thing.swapped.v1.from-v2.json:\n" + #"{"discount":2,"fee":1}"#
      ])
  }

  struct Mute: Event {
    static let schema = PayloadSchema("thing.mute", version: 2, leastReader: 1)
    static let past: [any Superseded.Type] = [V1.self]
    var fee: Int64
    var subject: String { "" }

    struct V1: Downcastable {
      static let schema = PayloadSchema("thing.mute", version: 1, leastReader: 1)
      var fee: Int64
      var upcast: Mute { Mute(fee: fee) }
    }
  }

  @Test func `a downcast that always throws is a problem`() {
    let files = [
      golden("thing.mute.v1.json", #"{"fee":1}"#), golden("thing.mute.v2.json", #"{"fee":1}"#),
    ]
    #expect(
      problems(Mute.self, files) == [
        "thing.mute.v1: none of the golden files of thing.mute.v2 can be downcast to it. Add "
          + "one that can, or let it not be Downcastable."
      ])
  }

  // MARK: Fields that are read in another way than they look

  struct Lax: Event {
    static let schema = PayloadSchema("thing.lax", version: 1, leastReader: 1)
    var inner: Inner
    var subject: String { "" }

    struct Inner: Codable, Hashable {
      var note: String

      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        note = (try? container.decode(String.self, forKey: .note)) ?? "none"
      }
    }
  }

  @Test func `a field that may be absent, without being optional`() {
    let problems = problems(Lax.self, [golden("thing.lax.v1.json", #"{"inner":{"note":"n"}}"#)])
    #expect(
      problems.first
        == "thing.lax.v1.json is read although payload.inner.note is absent. Read what may be absent "
        + "with decodeIfPresent, and everything as one type, so that it can be pinned.")
  }

  struct Node: Codable, Hashable {
    var children: [Node]
  }

  struct Tree: Event {
    static let schema = PayloadSchema("thing.grown", version: 1, leastReader: 1)
    var root: Node
    var subject: String { "" }
  }

  @Test func `a payload without an end cannot be pinned, and a bad one is a dead letter`() throws {
    #expect(
      Shape(of: Tree.self)
        == .unpinnable("root: children: Node contains itself: a payload has an end"))
    let record = try Sample.record(Tree(root: Node(children: [])))
    let body = Data(text(record.body).replacing("[]", with: "[1.5]").utf8)
    #expect(throws: UnreadableEvent.self) {
      try Tree.read(Record(topic: record.topic, header: record.header, body: body))
    }
  }

  struct Holed: Codable {
    var numbers: [Int64?]
  }

  @Test func `a list whose elements may be null cannot be pinned`() {
    #expect(
      Shape(of: Holed.self)
        == .unpinnable("numbers: what may be null is a field: leave it out of a list"))
  }

  // MARK: Fields inside

  struct Nested: Event {
    static let schema = PayloadSchema("thing.nested", version: 1, leastReader: 1)
    var rows: [[Cell]]
    var extra: Extra?
    var subject: String { "" }

    struct Cell: Codable, Hashable { var size: Int64 }
    struct Extra: Codable, Hashable { var code: Int64 }
  }

  struct NestedLess: Event {
    static let schema = Nested.schema
    var rows: [[Cell]]
    var extra: Extra?
    var subject: String { "" }

    struct Cell: Codable, Hashable { var size: Int64 }
    struct Extra: Codable, Hashable { var other: Int64? }
  }

  private let nested = [
    golden("thing.nested.v1.json", #"{"extra":{"code":1},"rows":[[{"size":1}]]}"#),
    golden("thing.nested.v1.bare.json", #"{"rows":[]}"#),
  ]

  @Test func `fields in lists of lists, and in what may be absent`() {
    #expect(problems(Nested.self, nested) == [])
  }

  @Test func `a field that must be there cannot join an object that may be absent`() throws {
    let before = Registry([
      RegisteredEvent(
        NestedLess.self, from: "things", compatibility: .full, summary: "", golden: [])
    ])
    let after = Registry([
      RegisteredEvent(
        Nested.self, from: "things", compatibility: .full, summary: "", golden: nested)
    ])
    #expect(
      after.problems(with: before.lock).contains(
        "thing.nested version 1: the field extra?.code cannot join a pinned version, since older "
          + "payloads do not have it. Make it optional, or make a new version."))
  }
}

extension SchemaTrapTests.Swapped.V1 {
  init(downcasting next: SchemaTrapTests.Swapped) {
    self.init(fee: next.discount, discount: next.fee)
  }
}

extension SchemaTrapTests.Mute.V1 {
  init(downcasting next: SchemaTrapTests.Mute) throws {
    throw UnsayableFact(Self.schema, lacks: "anything")
  }
}
