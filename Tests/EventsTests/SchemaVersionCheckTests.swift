import Events
import FoundationEssentials
import Testing
import Versions

/// Versions that are removed, added or renumbered, with the sentence that a developer reads.
@Suite(.timeLimit(.minutes(1))) struct SchemaVersionCheckTests: SchemaCheckSuite {
  struct Forgetful: Event {
    static let schema = Made.schema
    var thing: String
    var count: Int64
    var note: String?
    var subject: String { thing }
  }

  @Test func `deleting a version`() throws {
    let registry = registered(Forgetful.self, at: .full, golden: [Self.second, Self.bare])
    let problems = try problems(registry)
    #expect(
      problems == [
        "thing.made version 1 is pinned, and missing. Logs contain its events: put its type back, "
          + "with its upcaster, and list it in `past`. When no log and no pin can have it any more, "
          + "retire it, by the recipe, with the line: thing.made v1 retired"
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
    let problems = try problems(registered(Newer.self, at: .backwardTransitive))
    #expect(
      problems.first
        == "thing.made.v3 has no golden file. Add thing.made.v3.json, a payload in which everything "
        + "is there, for example:\n" + #"{"by":"text","count":1,"thing":"text"}"#)
  }

  @Test func `adding a version without pinning what older ones become in it`() throws {
    let files =
      Self.files + [golden("thing.made.v3.json", #"{"by":"b","count":1,"thing":"t"}"#)]
    let problems = try problems(registered(Newer.self, at: .backwardTransitive, golden: files))
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
    let problems = try problems(registered(Newer.self, at: .fullTransitive, golden: files))
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
}
