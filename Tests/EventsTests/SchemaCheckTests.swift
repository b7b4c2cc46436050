import Events
import FoundationEssentials
import Testing
import Versions

/// Each way to break what was pinned, with the sentence that a developer reads.
@Suite(.timeLimit(.minutes(1))) struct SchemaCheckTests {
  /// The event as it was pinned, and its lock.
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

  private static let first = golden("thing.made.v1.json", #"{"count":1,"thing":"t"}"#)
  private static let second = golden("thing.made.v2.json", #"{"count":1,"note":"n","thing":"t"}"#)
  private static let bare = golden("thing.made.v2.from-v1.json", #"{"count":1,"thing":"t"}"#)
  private static let files = [first, second, bare]

  private func registered<E: Event>(
    _ event: E.Type, from stream: String = "things", _ level: Compatibility = .full,
    _ golden: [GoldenPayload] = files
  ) -> Registry {
    Registry([
      RegisteredEvent(
        event, from: stream, compatibility: level, summary: "A thing was made.", golden: golden)
    ])
  }

  private func lock(adding lines: String = "") throws -> SchemaLock {
    let pinned = registered(Made.self).lock.lines.map(\.description).joined(separator: "\n")
    return try SchemaLock("# pinned\n\n\(pinned)\n\(lines)")
  }

  private func problems(_ registry: Registry, adding lines: String = "") throws -> [String] {
    registry.problems(with: try lock(adding: lines))
  }

  @Test func `what is as it was pinned has no problem`() throws {
    #expect(try problems(registered(Made.self)) == [])
  }

  @Test func `the lock is lines that a person can read`() throws {
    #expect(
      try lock().lines.map(\.description) == [
        "thing.made from things",
        "thing.made compatibility FULL",
        "thing.made v1 least-reader 1",
        "thing.made v1 field count integer",
        "thing.made v1 field thing text",
        "thing.made v1 golden thing.made.v1.json f65910e8e63e679e",
        "thing.made v2 least-reader 1",
        "thing.made v2 field count integer",
        "thing.made v2 field note? text",
        "thing.made v2 field thing text",
        "thing.made v2 golden thing.made.v2.from-v1.json f65910e8e63e679e",
        "thing.made v2 golden thing.made.v2.json d43dfc69a9848af9",
      ])
  }

  @Test(arguments: [
    "thing.made", "thing.made v2", "thing.made v2 field", "thing.made v2 field note",
    "thing.made v2 colour red", "thing.made v1 retired now",
  ])
  func `a line that pins nothing is refused`(line: String) {
    let error = #expect(throws: BadLock.self) { try SchemaLock("# fine\n\(line)") }
    #expect(error?.description == "“\(line)” is no line of a schema lock")
  }

  // MARK: Changed shapes

  struct Removed: Event {
    static let schema = Made.schema
    static let past: [any Superseded.Type] = [V1.self]
    var thing: String
    var count: Int64
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = Made.V1.schema
      var thing: String
      var count: Int64
      var upcast: Removed { Removed(thing: thing, count: count) }
    }
  }

  @Test func `removing a field of a pinned shape`() throws {
    let problems = try problems(registered(Removed.self))
    #expect(
      problems.last
        == "thing.made version 2: the field note? was removed, and older readers may need it. Put it "
        + "back; a new version may leave it out.")
    #expect(
      problems.contains { $0.hasPrefix("thing.made.v2.json is read, and written differently") })
  }

  struct Retyped: Event {
    static let schema = Made.schema
    static let past: [any Superseded.Type] = [V1.self]
    var thing: String
    var count: String
    var note: String?
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = Made.V1.schema
      var thing: String
      var count: Int64
      var upcast: Retyped { Retyped(thing: thing, count: "\(count)", note: nil) }
    }
  }

  @Test func `retyping a field of a pinned shape`() throws {
    let problems = try problems(registered(Retyped.self))
    #expect(
      problems.last
        == "thing.made version 2: the field count was integer, and is text. Make it integer again; "
        + "a new version may have it otherwise.")
    #expect(
      problems.contains {
        $0.hasPrefix("thing.made.v2.json is not read any more: count: is not a string. It was")
      })
  }

  struct Stricter: Event {
    static let schema = Made.schema
    static let past: [any Superseded.Type] = [V1.self]
    var thing: String
    var count: Int64
    var note: String
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = Made.V1.schema
      var thing: String
      var count: Int64
      var upcast: Stricter { Stricter(thing: thing, count: count, note: "") }
    }
  }

  @Test func `an optional field that must be there`() throws {
    let problems = try problems(registered(Stricter.self))
    #expect(
      problems.contains {
        $0.hasPrefix("thing.made version 2: the field note? is note now, so that it may be absent")
      })
  }

  // MARK: Fields that join

  struct Longer: Event {
    static let schema = Made.schema
    static let past: [any Superseded.Type] = [V1.self]
    var thing: String
    var count: Int64
    var note: String?
    var by: String?
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = Made.V1.schema
      var thing: String
      var count: Int64
      var upcast: Longer { Longer(thing: thing, count: count, note: nil, by: nil) }
    }
  }

  @Test func `an optional field joins a version with a golden file, and the old one stays`() throws
  {
    #expect(
      try problems(registered(Longer.self)).first
        == "thing.made.v2: no golden file has the field by?. A field that joins a version comes with "
        + "a golden file: add thing.made.v2.<case>.json with it; the old files stay.")
    let files = Self.files + [golden("thing.made.v2.by.json", #"{"by":"b","count":1,"thing":"t"}"#)]
    let registry = registered(Longer.self, .full, files)
    let problems = try problems(registry)
    #expect(problems.count == 1)
    let lines = problems.first?.split(separator: "\n").dropFirst().joined(separator: "\n") ?? ""
    #expect(lines.hasPrefix("thing.made v2 field by? text\nthing.made v2 golden thing.made.v2.by"))
    #expect(try self.problems(registry, adding: lines) == [], "the lines that it says are enough")
  }

  struct Demanding: Event {
    static let schema = Made.schema
    static let past: [any Superseded.Type] = [V1.self]
    var thing: String
    var count: Int64
    var note: String?
    var by: String
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = Made.V1.schema
      var thing: String
      var count: Int64
      var upcast: Demanding { Demanding(thing: thing, count: count, note: nil, by: "") }
    }
  }

  @Test func `a field that must be there cannot join a pinned version`() throws {
    let files = Self.files + [golden("thing.made.v2.by.json", #"{"by":"b","count":1,"thing":"t"}"#)]
    let problems = try problems(registered(Demanding.self, .full, files))
    #expect(
      problems.contains(
        "thing.made version 2: the field by cannot join a pinned version, since older payloads lack "
          + "it. Make it optional, or make a new version."))
    #expect(
      problems.contains { $0.hasPrefix("thing.made.v2.json is not read any more: by: is missing") })
  }

  // MARK: Versions

  struct Forgetful: Event {
    static let schema = Made.schema
    var thing: String
    var count: Int64
    var note: String?
    var subject: String { thing }
  }

  @Test func `deleting a version`() throws {
    let registry = registered(Forgetful.self, .full, [Self.second, Self.bare])
    let problems = try problems(registry)
    #expect(
      problems == [
        "thing.made version 1 is pinned, and not there any more. Its events are in logs: put its "
          + "type back, with its upcaster, and list it in `past`. When no log and no pin can have it "
          + "any more, retire it, as the recipe says, with the line: thing.made v1 retired"
      ])
    #expect(try self.problems(registry, adding: "thing.made v1 retired") == [])
  }

  @Test func `using the number of a retired version again`() throws {
    #expect(
      try problems(registered(Made.self), adding: "thing.made v1 retired") == [
        "thing.made.v1 is retired: its number is never used again. Take the next one."
      ])
  }

  struct Doubled: Event {
    static let schema = PayloadSchema("thing.made", version: 1, leastReader: 1)
    static let past: [any Superseded.Type] = [V1.self]
    var thing: String
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = Made.V1.schema
      var thing: String
      var upcast: Doubled { Doubled(thing: thing) }
    }
  }

  @Test func `reusing a number`() throws {
    #expect(
      try problems(registered(Doubled.self)).first
        == "thing.made: the versions stand as 1, 1. List them oldest first, each number once: a "
        + "number is never used for two shapes.")
  }

  struct Newer: Event {
    static let schema = PayloadSchema("thing.made", version: 3, leastReader: 3)
    static let past: [any Superseded.Type] = [V1.self, V2.self]
    var thing: String
    var count: Int64
    var by: String?
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = Made.V1.schema
      var thing: String
      var count: Int64
      var upcast: V2 { V2(thing: thing, count: count, note: nil) }
    }

    struct V2: Superseded {
      static let schema = Made.schema
      var thing: String
      var count: Int64
      var note: String?
      var upcast: Newer { Newer(thing: thing, count: count, by: nil) }
    }
  }

  @Test func `adding a version without its golden file`() throws {
    let problems = try problems(registered(Newer.self, .backwardTransitive))
    #expect(
      problems.first
        == "thing.made.v3 has no golden file. Add thing.made.v3.json, a payload in which everything "
        + "is there, for example:\n" + #"{"by":"text","count":1,"thing":"text"}"#)
  }

  @Test func `adding a version without pinning what older ones become in it`() throws {
    let files =
      Self.files + [golden("thing.made.v3.json", #"{"by":"b","count":1,"thing":"t"}"#)]
    let problems = try problems(registered(Newer.self, .backwardTransitive, files))
    #expect(
      problems.contains(
        "thing.made.v1.json, read as version 3, is none of its golden payloads. If it is right, add "
          + "it as thing.made.v3.from-v1.json:\n" + #"{"count":1,"thing":"t"}"#))
    #expect(problems.contains { $0.contains("thing.made v3 least-reader 3\n") })
  }

  @Test func `a version that the promised compatibility does not allow`() throws {
    let files =
      Self.files + [
        golden("thing.made.v3.json", #"{"by":"b","count":1,"thing":"t"}"#),
        golden("thing.made.v3.from-v1.json", #"{"count":1,"thing":"t"}"#),
      ]
    let problems = try problems(registered(Newer.self, .fullTransitive, files))
    #expect(
      problems.prefix(2) == [
        "thing.made promises FULL_TRANSITIVE: thing.made.v3 must not be applied by readers of "
          + "version 1: its least reader is 3",
        "thing.made promises FULL_TRANSITIVE: thing.made.v3 must not be applied by readers of "
          + "version 2: its least reader is 3",
      ])
  }

  struct Misnamed: Event {
    static let schema = Made.schema
    static let past: [any Superseded.Type] = [V1.self]
    var thing: String
    var count: Int64
    var note: String?
    var subject: String { thing }

    struct V1: Superseded {
      static let schema = PayloadSchema("thing.mode", version: 1, leastReader: 1)
      var thing: String
      var count: Int64
      var upcast: Misnamed { Misnamed(thing: thing, count: count, note: nil) }
    }
  }

  @Test func `a version of another name`() throws {
    #expect(
      try problems(registered(Misnamed.self)).contains(
        "thing.mode.v1 is listed among the versions of thing.made: give it that name, or list it "
          + "elsewhere."))
  }

  // MARK: What else is pinned

  struct Picky: Event {
    static let schema = PayloadSchema("thing.made", version: 2, leastReader: 2)
    static let past = Made.past
    var thing: String
    var count: Int64
    var note: String?
    var subject: String { thing }
  }

  @Test func `changing the least reader, the promise or the stream`() throws {
    #expect(
      try registered(Picky.self, .full).changed(since: lock()) == [
        "thing.made version 2: the least reader was 1, and is 2. It stands in the headers of logs: "
          + "put it back; a new version may have another."
      ])
    #expect(
      try problems(registered(Made.self, .backward)) == [
        "thing.made: FULL was promised, and now BACKWARD. Teams deploy by that promise: put it back."
      ])
    #expect(
      try problems(registered(Made.self, from: "others")) == [
        "thing.made: from was things, and is others. Topics are named by it: put it back."
      ])
  }

  @Test func `changing or deleting a golden file`() throws {
    let changed = [
      golden("thing.made.v1.json", #"{"count":2,"thing":"t"}"#), Self.second, Self.bare,
      golden("thing.made.v2.two.json", #"{"count":2,"thing":"t"}"#),
    ]
    #expect(
      try registered(Made.self, .full, changed).changed(since: lock()) == [
        "thing.made version 1: the golden file thing.made.v1.json was changed. Put it back, and add "
          + "another file for another case."
      ])
    #expect(
      try registered(Made.self, .full, [Self.first, Self.second]).changed(since: lock()) == [
        "thing.made version 2: the golden file thing.made.v2.from-v1.json is gone. What was "
          + "published stays readable: put it back."
      ])
  }

  @Test func `removing an event`() throws {
    #expect(
      try problems(Registry([])) == [
        "thing.made is pinned, and not registered any more. Its events are in logs: put it back. To "
          + "rename an event, add one with the new name beside it, as the recipe says."
      ])
  }

  @Test func `a golden file of no version`() throws {
    let files = Self.files + [golden("thing.made.v9.json", "{}")]
    #expect(
      try problems(registered(Made.self, .full, files)) == [
        "thing.made.v9.json is of no version of thing.made: name it after the version that it is of."
      ])
  }

  @Test func `retiring an event with all its versions`() throws {
    let other = Registry([])
    #expect(try problems(other, adding: "thing.made v1 retired").count == 1)
    let lines = "thing.made v1 retired\nthing.made v2 retired"
    #expect(try problems(other, adding: lines) == [])
    #expect(other.changed(since: try lock(), present: try SchemaLock(lines)) == [])
  }

  @Test func `one name for two events`() throws {
    let event = RegisteredEvent(
      Made.self, from: "things", compatibility: .full, summary: "A thing was made.",
      golden: Self.files)
    #expect(
      try problems(Registry([event, event])).first
        == "thing.made is registered twice: an event has one name, one stream and one list of "
        + "versions.")
  }

  struct Fraction: Event {
    static let schema = PayloadSchema("thing.split", version: 1, leastReader: 1)
    var share: Double
    var subject: String { "" }
  }

  @Test func `what has no shape that can be pinned`() throws {
    let registry = registered(Fraction.self, .full, [])
    #expect(
      registry.problems(with: try SchemaLock("")).first
        == "thing.split.v1 has no shape to pin. share: a fraction has no exact value: count in whole "
        + "units, as an Int64.")
  }
}
