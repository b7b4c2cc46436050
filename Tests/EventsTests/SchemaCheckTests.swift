import Events
import FoundationEssentials
import Testing
import Versions

/// Each way to break pinned facts, with the sentence that a developer reads: the lock, the promises
/// and the golden files.
@Suite(.timeLimit(.minutes(1))) struct SchemaCheckTests: SchemaCheckSuite {
  @Test func `unchanged pinned facts are no problem`() throws {
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

  // MARK: Promises, files and names

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
      try registered(Picky.self, at: .full).changed(since: lock()) == [
        "thing.made version 2: the least reader was 1, and is 2. It stands in the headers of logs: "
          + "put it back; a new version may have another."
      ])
    #expect(
      try problems(registered(Made.self, at: .backward)) == [
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
      try registered(Made.self, at: .full, golden: changed).changed(since: lock()) == [
        "thing.made version 1: the golden file thing.made.v1.json was changed. Put it back, and add "
          + "another file for another case."
      ])
    #expect(
      try registered(Made.self, at: .full, golden: [Self.first, Self.second]).changed(since: lock())
        == [
          "thing.made version 2: the golden file thing.made.v2.from-v1.json is gone. What was "
            + "published stays readable: put it back."
        ])
  }

  @Test func `removing an event`() throws {
    #expect(
      try problems(Registry([])) == [
        "thing.made is pinned, and not registered any more. Logs contain its events: put it back. To "
          + "rename an event, add one with the new name beside it, by the recipe."
      ])
  }

  @Test func `a golden file of no version`() throws {
    let files = Self.files + [golden("thing.made.v9.json", "{}")]
    #expect(
      try problems(registered(Made.self, at: .full, golden: files)) == [
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

  @Test func `a type without a shape that can be pinned`() throws {
    let registry = registered(Fraction.self, at: .full, golden: [])
    #expect(
      registry.problems(with: try SchemaLock("")).first
        == "thing.split.v1 has no shape to pin. share: a fraction has no exact value: count in whole "
        + "units, as an Int64.")
  }
}
