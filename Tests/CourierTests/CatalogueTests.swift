import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Testing

/// A follower's check of the versions that its publisher publishes.
@Suite(.timeLimit(.minutes(1)))
struct CatalogueTests {
  private let source = SyntheticLog(count: 3)

  /// A follower that reads the second version of one event.
  private func dialogue() -> Dialogue {
    Dialogue(liveAt: source, reading: ["thing.noted": [1, 2]])
  }

  private func catalogue(_ version: UInt16, leastReader: UInt16) -> Catalogue {
    Catalogue([
      PayloadSchema("thing.noted", version: version, leastReader: leastReader),
      PayloadSchema("thing.other", version: 9, leastReader: 9),
    ])
  }

  /// The answer to the follower's last question, or to one before.
  private func status(_ catalogue: Catalogue?, to number: Int) -> LogReply {
    .status(
      StatusAnswer(
        id: .string("catalogue-\(number)"), stream: "alpha", epoch: source.epoch, head: 3,
        chain: source.cursor(at: 3).chain, floor: 1, lineage: [], consumers: [],
        catalogue: catalogue))
  }

  private func question(_ number: Int) -> Follower.Action {
    .request(.status(.string("catalogue-\(number)")))
  }

  @Test func `a follower asks before it fetches anything`() {
    var dialogue = Dialogue(reading: ["thing.noted": [1, 2]])
    let actions = dialogue.wait(.zero)
    #expect(actions.first == question(1))
    #expect(actions.fetches.count == 1)
    #expect(!dialogue.wait(.seconds(1)).contains(question(2)))
  }

  @Test func `an unknown catalogue is requested until it arrives`() {
    var dialogue = dialogue()
    let told = catalogue(2, leastReader: 2)
    #expect(dialogue.deliverBeat(of: source, catalogue: told.hash) == [question(2)])
    #expect(dialogue.deliverBeat(of: source, catalogue: told.hash) == [question(3)])
    #expect(dialogue.receive(status(told, to: 2)) == [], "it is late")
    #expect(dialogue.deliverBeat(of: source, catalogue: told.hash) == [question(4)])
    #expect(dialogue.receive(status(told, to: 4)) == [])
    #expect(dialogue.deliverBeat(of: source, catalogue: told.hash) == [])
    #expect(dialogue.follower.subscription.lacks == [])
  }

  @Test func `a version that cannot be read is reported at the first contact`() {
    var dialogue = dialogue()
    let told = catalogue(4, leastReader: 3)
    let lacked = LackedVersion(told.schemas[0], known: 2)
    #expect(dialogue.receive(status(told, to: 1)).reports == [.lacks([lacked])])
    #expect(dialogue.follower.subscription.lacks == [lacked])
    #expect(!lacked.isReadable)
    #expect(
      lacked.sentence(stream: "alpha", consumer: "beta")
        == "alpha publishes thing.noted version 4, which may be read from version 3 on, and beta "
        + "reads version 2 at most: such events are deferred until beta is upgraded. Upgrade it, or "
        + "pin the older version at alpha until then: alpha.pins: thing.noted=2")
    _ = dialogue.deliverBeat(of: source, catalogue: told.hash)
    #expect(dialogue.receive(status(told, to: 2)) == [], "it is reported once")
  }

  @Test func `a newer version that can be read is reported too`() {
    var dialogue = dialogue()
    let told = catalogue(3, leastReader: 1)
    let lacked = LackedVersion(told.schemas[0], known: 2)
    #expect(dialogue.receive(status(told, to: 1)).reports == [.lacks([lacked])])
    #expect(lacked.isReadable)
    #expect(
      lacked.sentence(stream: "alpha", consumer: "beta")
        == "alpha publishes thing.noted version 3, which beta reads as version 2")
  }

  @Test func `a version that is not read any more is reported`() {
    var dialogue = Dialogue(liveAt: source, reading: ["thing.noted": [3, 4]])
    let told = catalogue(1, leastReader: 1)
    let lacked = LackedVersion(told.schemas[0], known: 4)
    #expect(dialogue.receive(status(told, to: 1)).reports == [.lacks([lacked])])
    #expect(!lacked.isReadable)
    #expect(
      lacked.sentence(stream: "alpha", consumer: "beta")
        == "alpha publishes thing.noted version 1, which beta does not read any more: such events "
        + "are deferred. Let alpha publish version 4 again: take the pin out of alpha.pins, or "
        + "upgrade it")
  }

  @Test func `an older version that is read is not reported`() {
    var dialogue = dialogue()
    #expect(dialogue.receive(status(catalogue(1, leastReader: 1), to: 1)) == [])
    #expect(dialogue.follower.subscription.lacks == [])
  }

  @Test func `another catalogue is asked for again, and an older version ends the worry`() {
    var dialogue = dialogue()
    let newer = catalogue(3, leastReader: 3)
    let pinned = catalogue(2, leastReader: 2)
    _ = dialogue.deliverBeat(of: source, catalogue: newer.hash)
    #expect(dialogue.receive(status(newer, to: 2)).reports.count == 1)
    #expect(dialogue.deliverBeat(of: source, catalogue: pinned.hash) == [question(3)])
    #expect(dialogue.receive(status(pinned, to: 3)) == [])
    #expect(dialogue.follower.subscription.lacks == [])
  }

  @Test func `a publisher that sends no catalogue any more causes no report`() {
    var dialogue = dialogue()
    #expect(dialogue.deliverBeat(of: source) == [])
    let told = catalogue(3, leastReader: 3)
    _ = dialogue.deliverBeat(of: source, catalogue: told.hash)
    _ = dialogue.receive(status(told, to: 2))
    #expect(dialogue.deliverBeat(of: source) == [])
    #expect(dialogue.follower.subscription.lacks == [])
  }

  @Test func `a follower without a reaction to data does not ask`() {
    var dialogue = Dialogue(liveAt: source)
    #expect(dialogue.deliverBeat(of: source, catalogue: "0123456789abcdef") == [])
  }

  @Test func `a publisher sends the hash in each beat, and the versions on request`() throws {
    let told = catalogue(2, leastReader: 2)
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    var publication = Publication(try journal.look { try $0.head() }, catalogue: told)
    let beats =
      publication.subscribed(Data("alpha/".utf8), at: .zero) + publication.beat(at: .seconds(1))
    #expect(beats.map { Beat(frames: $0)?.catalogue } == [told.hash, told.hash])
    guard
      case .status(let answer) = try journal.look({
        try LogServer($0).status(.integer(3), catalogue: told)
      })
    else {
      Issue.record("there is no answer")
      return
    }
    #expect(answer.catalogue == told)
    #expect(LogReply(frames: LogReply.status(answer).frames) == .status(answer))
    let json = JSONValue(LogReply.status(answer).frames[1])?["catalogue"]
    #expect(
      json
        == JSONValue(
          Data(
            """
            [{"leastReader":2,"type":"thing.noted","version":2},
            {"leastReader":9,"type":"thing.other","version":9}]
            """.utf8)))
  }
}
