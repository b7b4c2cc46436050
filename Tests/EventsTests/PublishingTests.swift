import Events
import Testing

@Suite(.timeLimit(.minutes(1))) struct PublishingTests {
  private let events: [any Event.Type] = [Weighed.self, Rated.self]

  @Test func `without pins every event is published in its newest version`() throws {
    let publishing = try Publishing(events)
    #expect(publishing.version(of: Rated.self) == 3)
    #expect(publishing.catalogue?.schemas == [Rated.schema, Weighed.schema])
    let rated = Rated(thing: "t", note: "n", rating: 5)
    #expect(try publishing.older(rated) == nil)
  }

  @Test func `a pinned version is made through all versions between`() throws {
    let rated = Rated(thing: "t", note: "n", rating: nil)
    let second = try Publishing(events, pins: ["thing.rated=2"])
    #expect(second.version(of: Rated.self) == 2)
    #expect(second.catalogue?.schemas == [Rated.V2.schema, Weighed.schema])
    #expect(try second.older(rated) as? Rated.V2 == Rated.V2(thing: "t", note: "n"))
    let first = try Publishing(events, pins: ["thing.rated=1"])
    #expect(try first.older(rated) as? Rated.V1 == Rated.V1(thing: "t"))
  }

  @Test func `a fact that a pinned version cannot express is refused, and never omitted silently`()
    throws
  {
    let publishing = try Publishing(events, pins: ["thing.rated=1"])
    let error = #expect(throws: UnsayableFact.self) {
      try publishing.older(Rated(thing: "t", note: nil, rating: 5))
    }
    #expect(error?.description == "thing.rated version 2 cannot express a rating")
  }

  @Test func `the newest version may be pinned too, and the pin of another event changes nothing`()
    throws
  {
    let publishing = try Publishing(events, pins: ["thing.weighed=2", "thing.rated=1"])
    #expect(publishing.version(of: Weighed.self) == 2)
    #expect(publishing.version(of: Rated.self) == 1)
  }

  @Test(arguments: [
    ("thing.rated", "“thing.rated” is no pin: write TYPE=VERSION, with a version from 1 on"),
    ("thing.rated=0", "“thing.rated=0” is no pin: write TYPE=VERSION, with a version from 1 on"),
    ("thing.rated=v1", "“thing.rated=v1” is no pin: write TYPE=VERSION, with a version from 1 on"),
    ("=1", "“=1” is no pin: write TYPE=VERSION, with a version from 1 on"),
    (
      "thing.lost=1",
      "“thing.lost” is not published here: what can be pinned is of thing.rated, thing.weighed"
    ),
    (
      "thing.rated=4",
      "version 4 of thing.rated cannot be published; what can be pinned is 1, 2, 3"
    ),
    (
      "thing.weighed=1",
      "version 1 of thing.weighed cannot be published; what can be pinned is 2"
    ),
  ])
  func `an impossible pin is an error that lists the possible ones`(pin: String, sentence: String) {
    let error = #expect(throws: BadPin.self) { try Publishing(events, pins: [pin]) }
    #expect(error?.description == sentence)
  }

  @Test func `one event is pinned once`() {
    let error = #expect(throws: BadPin.self) {
      try Publishing(events, pins: ["thing.rated=1", "thing.rated=2"])
    }
    #expect(error?.description == "thing.rated is pinned twice")
  }

  @Test func `an event that is not declared is the programmer's mistake`() async {
    await #expect(processExitsWith: .failure) {
      let publishing = try Publishing([Weighed.self])
      _ = try publishing.older(Rated(thing: "t", note: nil, rating: nil))
    }
  }

  @Test func `without declared events, every event is published in its newest version`() throws {
    let rated = Rated(thing: "t", note: nil, rating: 5)
    #expect(try Publishing.undeclared.older(rated) == nil)
    #expect(Publishing.undeclared.catalogue == nil)
  }

  @Test func `a catalogue's hash depends on its versions and least readers, not on their order`() {
    let one = Catalogue([Rated.schema, Weighed.schema])
    #expect(one.hash == Catalogue([Weighed.schema, Rated.schema]).hash)
    #expect(one.hash != Catalogue([Rated.V2.schema, Weighed.schema]).hash)
    let stricter = PayloadSchema("thing.rated", version: 3, leastReader: 3)
    #expect(one.hash != Catalogue([stricter, Weighed.schema]).hash)
    // SHA-256 of "thing.rated/v3/1\nthing.weighed/v2/1\n", by another program.
    #expect(one.hash == "e470841cc1de4c62")
  }

  @Test func `an event of the oldest version is read through all versions between`() throws {
    let record = try Sample.record(Rated.V1(thing: "t1"))
    #expect(try Rated.read(record).data == Rated(thing: "t1", note: nil, rating: nil))
    let second = try Sample.record(Rated.V2(thing: "t1", note: "n"))
    #expect(try Rated.read(second).data == Rated(thing: "t1", note: "n", rating: nil))
  }

  @Test func `an upcast that cannot express a fact throws, and does not trap`() throws {
    let record = try Sample.record(Weighed.V1(thing: "t1", kilograms: 5))
    #expect(try Weighed.read(record).data == Weighed(thing: "t1", grams: 5000))
    let heavy = try Sample.record(Weighed.V1(thing: "t1", kilograms: .max))
    #expect(throws: TooHeavy.self) { try Weighed.read(heavy) }
  }
}
