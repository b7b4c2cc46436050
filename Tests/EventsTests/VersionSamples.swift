import Events
import FoundationEssentials
import Versions

/// An event of three versions: the second cannot express a rating, and the first no note.
struct Rated: Event {
  static let schema = PayloadSchema("thing.rated", version: 3, leastReader: 1)
  static let past: [any Superseded.Type] = [V1.self, V2.self]

  var thing: String
  var note: String?
  var rating: Int64?

  var subject: String { thing }

  struct V2: Downcastable, Equatable {
    static let schema = PayloadSchema("thing.rated", version: 2, leastReader: 1)
    var thing: String
    var note: String?

    var upcast: Rated { Rated(thing: thing, note: note, rating: nil) }
  }

  struct V1: Downcastable, Equatable {
    static let schema = PayloadSchema("thing.rated", version: 1, leastReader: 1)
    var thing: String

    var upcast: V2 { V2(thing: thing, note: nil) }
  }
}

extension Rated.V2 {
  init(downcasting next: Rated) throws {
    guard next.rating == nil else { throw UnsayableFact(Self.schema, lacks: "a rating") }
    self.init(thing: next.thing, note: next.note)
  }
}

extension Rated.V1 {
  init(downcasting next: Rated.V2) {
    self.init(thing: next.thing)
  }
}

/// An event whose first version cannot be written any more.
struct Weighed: Event {
  static let schema = PayloadSchema("thing.weighed", version: 2, leastReader: 1)
  static let past: [any Superseded.Type] = [V1.self]

  var thing: String
  var grams: Int64

  var subject: String { thing }

  struct V1: Superseded {
    static let schema = PayloadSchema("thing.weighed", version: 1, leastReader: 1)
    var thing: String
    var kilograms: Int64

    var upcast: Weighed {
      get throws {
        let (grams, isTooMuch) = kilograms.multipliedReportingOverflow(by: 1000)
        guard !isTooMuch else { throw TooHeavy() }
        return Weighed(thing: thing, grams: grams)
      }
    }
  }
}

struct TooHeavy: Error {}

func golden(_ name: String, _ json: String) -> GoldenPayload {
  GoldenPayload(name, bytes: Array(json.utf8))
}
