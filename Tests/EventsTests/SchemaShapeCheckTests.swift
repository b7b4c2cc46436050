import Events
import FoundationEssentials
import Testing
import Versions

/// Changes of the fields of a pinned version, with the sentence that a developer reads.
@Suite(.timeLimit(.minutes(1))) struct SchemaShapeCheckTests: SchemaCheckSuite {
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
    let registry = registered(Longer.self, at: .full, golden: files)
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
    let problems = try problems(registered(Demanding.self, at: .full, golden: files))
    #expect(
      problems.contains(
        "thing.made version 2: the field by cannot join a pinned version, since older payloads do "
          + "not have it. Make it optional, or make a new version."))
    #expect(
      problems.contains { $0.hasPrefix("thing.made.v2.json is not read any more: by: is missing") })
  }
}
