import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Testing

/// A follower that receives events as they are published.
@Suite(.timeLimit(.minutes(1)))
struct LiveTests {
  private let source = SyntheticLog(count: 3)

  @Test func `a run of events is applied as one piece of work`() {
    var dialogue = Dialogue(liveAt: SyntheticLog(count: 1))
    let actions = dialogue.deliver(source[2...3])
    #expect(actions == [.apply(source[2...3], from: source.cursor(at: 1), through: source.cursor)])
    #expect(dialogue.follower.cursor == source.cursor)
    #expect(dialogue.follower.subscription.lag == 0)
  }

  @Test func `a long run is applied in pieces`() {
    let source = SyntheticLog(count: 1201)
    var dialogue = Dialogue(liveAt: SyntheticLog(count: 1))
    let actions = dialogue.deliver(source[2...1201])
    #expect(actions.applied.map(\.count) == [500, 500, 200])
    #expect(actions.applied.flatMap { $0 } == Array(2...1201))
  }

  @Test func `events that were applied are ignored`() {
    var dialogue = Dialogue(liveAt: source)
    #expect(dialogue.deliver(source[1...3]) == [])
    #expect(dialogue.deliver([source[2], source[2]]) == [])
    #expect(dialogue.state == .live)
  }

  @Test func `a gap before a live event is fetched, and the event used when it is its turn`() {
    let longer = SyntheticLog(count: 6)
    var dialogue = Dialogue(liveAt: source)
    let actions = dialogue.deliver([longer[5]])
    #expect(actions.reports == [.gap(before: 5)])
    #expect(actions.fetches.map(\.after) == [3])
    #expect(actions.applied == [])
    #expect(dialogue.state == .catchingUp)

    let answered = dialogue.answer(SyntheticLog(count: 4))
    #expect(answered.applied == [[4], [5]])
    #expect(answered.fetches == [])
    #expect(dialogue.deliver([longer[6]]).applied == [[6]])
    #expect(dialogue.state == .live)
  }

  @Test func `events before a gap in the same batch are applied first`() {
    let longer = SyntheticLog(count: 6)
    var dialogue = Dialogue(liveAt: source)
    let actions = dialogue.deliver([longer[4], longer[6]])
    #expect(
      actions.first == .apply([longer[4]], from: source.cursor, through: longer.cursor(at: 4)))
    #expect(actions.fetches.map(\.after) == [4])
    #expect(dialogue.answer(SyntheticLog(count: 5)).applied == [[5], [6]])
  }

  @Test func `a gap that only a beat shows is fetched`() {
    let longer = SyntheticLog(count: 5)
    var dialogue = Dialogue(liveAt: source)
    let actions = dialogue.deliverBeat(of: longer)
    #expect(actions.reports == [.gap(before: 6)])
    #expect(actions.fetches.map(\.after) == [3])
    #expect(dialogue.follower.subscription.lag == 2)
    #expect(dialogue.answer(longer).applied == [[4, 5]])
  }

  @Test func `a beat where the follower is asks nothing`() {
    var dialogue = Dialogue(liveAt: source)
    #expect(dialogue.deliverBeat(of: source) == [])
  }

  @Test func `a beat that is behind asks the log, which decides`() {
    var dialogue = Dialogue(liveAt: source)
    let actions = dialogue.deliverBeat(of: source, at: 2)
    #expect(actions.reports == [])
    #expect(actions.fetches.map(\.after) == [3])
    #expect(dialogue.answer(source).applied == [])
    #expect(dialogue.state == .live)
  }

  @Test func `another stream's beat is ignored`() {
    var dialogue = Dialogue(liveAt: source)
    #expect(dialogue.deliverBeat(of: SyntheticLog("beta", count: 9)) == [])
    #expect(dialogue.state == .live)
  }

  @Test func `an event whose chain does not continue ours is not applied`() {
    var dialogue = Dialogue(liveAt: source)
    let wrong = SyntheticLog(count: 4)[4].changing { $0.chain = .zero }
    let actions = dialogue.deliver([wrong])
    #expect(actions.applied == [])
    #expect(actions.fetches.map(\.after) == [3])
  }

  @Test(arguments: ["chain", "epoch", "number"])
  func `a live event that the log does not know is forgotten, and not asked for again and again`(
    part: String
  ) {
    var dialogue = Dialogue(liveAt: source)
    let strange = SyntheticLog(count: 4)[4].changing { header in
      switch part {
      case "chain": header.chain = .zero
      case "epoch": header.epoch = Epoch(99)
      default: header.sequence = 1_000_000
      }
    }
    #expect(dialogue.deliver([strange]).fetches.count == 1)
    let actions = dialogue.answer(source)
    #expect(actions.fetches == [])
    #expect(actions.applied == [])
    #expect(dialogue.state == .live)
    #expect(dialogue.deliver([SyntheticLog(count: 4)[4]]).applied == [[4]])
  }

  @Test func `numbers at the end of what a header can hold do no harm`() {
    for phase in [Dialogue(), Dialogue(liveAt: source)] {
      var dialogue = phase
      let last = source[3].changing { $0.sequence = .max }
      _ = dialogue.deliver([last, last, source[3]])
      var header = last.header
      header.isBeat = true
      let beat = [source.beat()[0], header.bytes, source.beat()[2]]
      _ = dialogue.deliver(frames: [beat, beat])
      _ = dialogue.answer(source) { answer, _ in
        answer.through = .max
        answer.head = .max
        answer.floor = .max
      }
      _ = dialogue.wait(.seconds(10))
      #expect(dialogue.follower.cursor.sequence <= 3)
    }
  }

  @Test func `a message that is neither event nor beat is reported, and changes nothing`() {
    let garbage: [[Data]] = [
      [], [Data()], [Data("x".utf8), Data("y".utf8), Data("z".utf8)],
      [source[1].topic.bytes, source[1].header.bytes],
      source[1].frames + [Data()],
      SyntheticLog("beta", count: 1)[1].frames,
      [source.beat()[0], source.beat()[1], Data("no JSON".utf8)],
    ]
    var dialogue = Dialogue(liveAt: source)
    for frames in garbage {
      #expect(dialogue.deliver(frames: [frames]) == [.report(.garbage)])
    }
    #expect(dialogue.state == .live)
    #expect(dialogue.follower.cursor == source.cursor)
  }
}
