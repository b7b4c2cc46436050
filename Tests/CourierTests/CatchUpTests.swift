import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Testing

/// A follower that reads what it missed from the publisher's log.
@Suite(.timeLimit(.minutes(1)))
struct CatchUpTests {
  private let source = SyntheticLog(count: 5)

  @Test func `a new follower asks at once, without an epoch`() {
    var dialogue = Dialogue()
    let fetch = dialogue.wait(.zero).fetches.first
    #expect(fetch?.stream == "alpha")
    #expect(fetch?.consumer == "beta")
    #expect(fetch?.after == 0)
    #expect(fetch?.epoch == nil)
    #expect(fetch?.chain == nil)
    #expect(dialogue.state == .connecting)
  }

  @Test func `a follower that was there before names its place`() {
    var dialogue = Dialogue(from: source.cursor(at: 2))
    let fetch = dialogue.wait(.zero).fetches.first
    #expect(fetch?.after == 2)
    #expect(fetch?.epoch == source.epoch)
    #expect(fetch?.chain == source.cursor(at: 2).chain)
    let actions = dialogue.answer(source)
    #expect(
      actions.first == .apply(source[3...5], from: source.cursor(at: 2), through: source.cursor))
    #expect(actions.reports == [.live(at: 5)])
    #expect(dialogue.state == .live)
  }

  @Test func `catching up takes as many answers as it needs`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    #expect(dialogue.answer(source, limit: 2).applied == [[1, 2]])
    #expect(dialogue.state == .catchingUp)
    #expect(dialogue.follower.subscription.lag == 3)
    #expect(dialogue.fetch?.after == 2)
    #expect(dialogue.answer(source, limit: 2).applied == [[3, 4]])
    let last = dialogue.answer(source, limit: 2)
    #expect(last.applied == [[5]])
    #expect(last.fetches == [])
    #expect(dialogue.state == .live)
  }

  @Test func `the next events are asked for before these are applied`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    let actions = dialogue.answer(source, limit: 2)
    #expect(actions.fetches.map(\.after) == [2])
    guard case .request(.fetch) = actions.first, case .apply = actions.last else {
      Issue.record("\(actions)")
      return
    }
  }

  @Test func `live events that arrive meanwhile are used and not fetched`() {
    let longer = SyntheticLog(count: 8)
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    #expect(dialogue.deliver(longer[4...7]) == [])
    #expect(dialogue.answer(source, limit: 3).applied == [[1, 2, 3]])
    #expect(dialogue.deliver([longer[8]]) == [])
    let actions = dialogue.answer(source)
    #expect(actions.applied == [[4, 5], [6, 7, 8]])
    #expect(actions.fetches == [])
    #expect(dialogue.state == .live)
  }

  @Test func `a gap in the live events that arrived meanwhile is fetched too`() {
    let longer = SyntheticLog(count: 9)
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    _ = dialogue.deliver([longer[6]])
    _ = dialogue.deliver([longer[9]])
    let actions = dialogue.answer(source)
    #expect(actions.fetches.map(\.after) == [5])
    #expect(dialogue.answer(SyntheticLog(count: 8)).applied == [[6, 7, 8], [9]])
  }

  @Test func `live events that arrive meanwhile are kept within bounds, and none is lost`() {
    let longer = SyntheticLog(count: 6000)
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    _ = dialogue.deliver(longer[6...6000])
    var actions = dialogue.answer(source)
    var applied = actions.applied
    while let fetch = actions.fetches.first {
      #expect(fetch.after == applied.last?.last)
      actions = dialogue.answer(longer)
      applied += actions.applied
    }
    #expect(applied.flatMap { $0 } == Array(1...6000))
    #expect(dialogue.state == .live)
  }

  @Test func `a beat while a question is open asks no second one`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    _ = dialogue.deliverBeat(of: source)
    #expect(dialogue.state == .catchingUp)
    #expect(dialogue.deliverBeat(of: source) == [])
    #expect(dialogue.wait(.milliseconds(1000)).fetches == [])
  }

  @Test func `a question that found no peer is asked again at the next tick`() {
    var dialogue = Dialogue()
    let first = dialogue.wait(.zero).fetches.first
    #expect(dialogue.wait(.milliseconds(200)).fetches == [])
    dialogue.follower.lostRequest()
    let second = dialogue.wait(.milliseconds(200)).fetches.first
    #expect(second != nil)
    #expect(second?.id != first?.id)
  }

  @Test func `an answer to an older question is dropped`() {
    var dialogue = Dialogue()
    let first = dialogue.wait(.zero).fetches.first
    let second = dialogue.wait(.seconds(3)).fetches.first
    #expect(second?.id != first?.id)
    let late = dialogue.answer(source) { answer, _ in answer.id = first?.id }
    #expect(late == [])
    #expect(dialogue.answer(source) { answer, _ in answer.id = nil } == [])
    #expect(dialogue.answer(source).applied == [[1, 2, 3, 4, 5]])
    #expect(dialogue.answer(source) == [])
  }

  @Test func `a gap is fetched at once, though questions failed before`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.seconds(20))
    while dialogue.answer(source) == [] { _ = dialogue.wait(.milliseconds(200)) }
    #expect(dialogue.deliver([SyntheticLog(count: 7)[7]]).fetches.map(\.after) == [5])
  }

  /// Answers that do not continue what the follower has.
  enum Wrong: String, CaseIterable, CustomTestStringConvertible {
    case chain, lastChain, hole, otherStream, otherAfter, empty, emptyOtherChain, reordered

    var testDescription: String { rawValue }

    func spoil(_ answer: inout EventsAnswer, _ records: inout [Record]) {
      switch self {
      case .chain: records[0] = records[0].changing { $0.chain = .zero }
      case .lastChain: answer.chain = .zero
      case .hole: records.remove(at: 1)
      case .otherStream: answer.stream = "gamma"
      case .otherAfter: answer.after = 1
      case .empty: records = []
      case .emptyOtherChain:
        records = []
        answer.through = answer.after
        answer.head = answer.after
        answer.chain = .zero
      case .reordered: records.swapAt(0, 1)
      }
    }
  }

  @Test(arguments: Wrong.allCases)
  func `an answer that does not continue ours is refused, and asked for again later`(wrong: Wrong) {
    var dialogue = Dialogue(from: source.cursor(at: 2))
    _ = dialogue.wait(.zero)
    let actions = dialogue.answer(source, change: wrong.spoil)
    #expect(actions == [.report(.garbage)])
    #expect(dialogue.follower.cursor == source.cursor(at: 2))
    #expect(dialogue.wait(.milliseconds(50)).fetches == [])
    #expect(dialogue.wait(.milliseconds(400)).fetches.map(\.after) == [2])
    #expect(dialogue.answer(source).applied == [[3, 4, 5]])
  }

  @Test func `a malformed answer is reported, and the request is repeated`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    let frames: [[Data]] = [
      [], [Data("EVENTS".utf8)], [Data("EVENTS".utf8), Data("{}".utf8)],
      [Data("NONSENSE".utf8), Data("{}".utf8)],
    ]
    for frames in frames {
      #expect(dialogue.receive(frames: frames) == [.report(.garbage)])
    }
    #expect(dialogue.answer(source).applied.count == 1)
  }
}

/// A follower that is new to a log of which the beginning was pruned.
@Suite(.timeLimit(.minutes(1)))
struct FloorTests {
  /// Of ten events, 2 and 4 were kept below the floor, which is 7.
  private var source: SyntheticLog {
    let source = SyntheticLog(count: 10)
    source.floor = 7
    return source
  }

  private func answer(_ dialogue: inout Dialogue, _ kept: [UInt64]) -> Dialogue.Actions {
    dialogue.answer(source) { answer, records in
      records = kept.map { source[$0] }
      answer.through = kept.last ?? 10
      answer.chain = source.cursor(at: answer.through).chain
    }
  }

  @Test func `a new follower takes what was kept and adopts the chain where events are missing`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    let actions = answer(&dialogue, [2, 4, 7, 8, 9, 10])
    #expect(
      actions.first
        == .apply([2, 4, 7, 8, 9, 10].map { source[$0] }, from: .start, through: source.cursor))
    #expect(dialogue.state == .live)
  }

  @Test func `below the floor it is still new, in several answers and after a start`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    let first = answer(&dialogue, [2, 4])
    #expect(first.applied == [[2, 4]])
    #expect(dialogue.follower.cursor.epoch == nil)
    #expect(dialogue.fetch?.after == 4)
    #expect(dialogue.fetch?.epoch == nil)

    var restarted = Dialogue(from: dialogue.follower.cursor)
    _ = restarted.wait(.zero)
    #expect(answer(&restarted, [7, 8, 9, 10]).applied == [[7, 8, 9, 10]])
    #expect(restarted.follower.cursor == source.cursor)
  }

  @Test func `a log that was pruned to its end gives its end`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    let actions = dialogue.answer(source) { answer, records in
      records = []
      answer.through = 10
      answer.floor = 11
      answer.chain = source.cursor.chain
    }
    #expect(actions.first == .apply([], from: .start, through: source.cursor))
    #expect(dialogue.state == .live)
  }

  @Test func `a follower that has applied nothing is new, though it knows the history`() {
    var dialogue = Dialogue(liveAt: SyntheticLog())
    #expect(dialogue.follower.cursor == SyntheticLog().cursor)
    _ = dialogue.deliverBeat(of: source)
    #expect(answer(&dialogue, [2, 4, 7, 8, 9, 10]).applied == [[2, 4, 7, 8, 9, 10]])
  }

  @Test func `a follower that is not new adopts nothing`() {
    var dialogue = Dialogue(from: source.cursor(at: 1))
    _ = dialogue.wait(.zero)
    #expect(answer(&dialogue, [2, 4, 7, 8, 9, 10]) == [.report(.garbage)])
    #expect(dialogue.follower.cursor == source.cursor(at: 1))
  }

  @Test func `nothing may be missing above the floor`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    #expect(answer(&dialogue, [2, 4, 8, 9, 10]) == [.report(.garbage)])
    #expect(dialogue.follower.cursor == .start)
  }
}
