import Courier
import Events
import Journal
import RoomTesting
import Testing

/// Histories that are not the one that was followed.
@Suite(.timeLimit(.minutes(1)))
struct DisagreementTests {
  private let source = SyntheticLog(count: 3)

  /// The same log after a restore: another epoch, the same events so far.
  private var restored: SyntheticLog {
    SyntheticLog(forking: source, into: Epoch(8))
  }

  @Test func `a beat of another epoch is asked about with the old one`() {
    var dialogue = Dialogue(liveAt: source)
    let fetch = dialogue.deliverBeat(of: restored).fetches.first
    #expect(fetch?.epoch == source.epoch)
    #expect(fetch?.after == 3)
    #expect(fetch?.chain == source.cursor.chain)
  }

  @Test func `a history that continues ours is followed, and its epoch kept`() {
    var dialogue = Dialogue(liveAt: source)
    _ = dialogue.deliverBeat(of: restored)
    let actions = dialogue.answer(restored)
    #expect(actions.first == .apply([], from: source.cursor, through: restored.cursor))
    #expect(actions.reports == [.live(at: 3)])
    let longer = restored
    longer.grow(by: 1)
    #expect(dialogue.deliver([longer[4]]).applied == [[4]])
    #expect(dialogue.follower.cursor.epoch == restored.epoch)
  }

  @Test func `an event of another epoch is asked about before it is applied`() {
    let longer = restored
    longer.grow(by: 1)
    var dialogue = Dialogue(liveAt: source)
    let actions = dialogue.deliver([longer[4]])
    #expect(actions.applied == [])
    #expect(actions.fetches.map(\.epoch) == [source.epoch])
    #expect(dialogue.answer(longer).applied == [[4]])
    #expect(dialogue.follower.cursor == longer.cursor)
  }

  @Test func `old events that arrived before a new history is known are forgotten`() {
    let old = SyntheticLog(forking: source, into: source.epoch)
    let longer = restored
    old.grow(by: 2, text: "lost ")
    longer.grow(by: 1, text: "new ")
    var dialogue = Dialogue(from: source.cursor)
    _ = dialogue.wait(.zero)
    _ = dialogue.deliver(old[4...5])
    let actions = dialogue.answer(longer)
    #expect(actions.applied == [[4]])
    #expect(actions.fetches == [])
    #expect(dialogue.state == .live)
  }

  @Test(arguments: [Refusal.Code.ahead, .diverged, .epoch, .behindFloor, .stream])
  func `a refusal stops the stream until it is taken back`(code: Refusal.Code) {
    var dialogue = Dialogue(liveAt: source)
    _ = dialogue.deliverBeat(of: restored)
    let actions = dialogue.refuse(code)
    #expect(actions.count == 1)
    guard case .report(.stopped(let refusal)) = actions.first else {
      Issue.record("nothing was reported")
      return
    }
    #expect(refusal.code == code)
    let subscription = dialogue.follower.subscription
    #expect(subscription.state == .stopped)
    #expect(!subscription.isReady)
    #expect(subscription.reason?.contains(code.rawValue) == true)

    #expect(dialogue.deliverBeat(of: restored) == [])
    #expect(dialogue.deliver(SyntheticLog(count: 5)[4...5]) == [])
    #expect(dialogue.follower.cursor == source.cursor)

    // It repeats its request, gets the same answer, and reports it once.
    let later = dialogue.wait(.seconds(30))
    #expect((4...8).contains(later.fetches.count) && later.count == later.fetches.count)
    dialogue.waitForQuestion()
    #expect(dialogue.refuse(code) == [])
    #expect(dialogue.state == .stopped)
    #expect(!dialogue.follower.subscription.isReady)

    // The journal that it knows is put back.
    dialogue.waitForQuestion()
    #expect(dialogue.answer(source).reports == [.live(at: 3)])
    #expect(dialogue.state == .live)
  }

  @Test func `an operator's reset begins the stream anew, and the counts go on`() {
    var dialogue = Dialogue(liveAt: source)
    _ = dialogue.deliverBeat(of: restored)
    _ = dialogue.refuse(.diverged)
    let recovered = dialogue.follower.subscription.counts.recovered
    dialogue.reset(to: source.cursor)
    #expect(dialogue.state == .stopped, "the cursor was not reset")
    dialogue.reset(to: .start)
    let actions = dialogue.wait(.zero)
    #expect(actions.fetches.map(\.after) == [0])
    #expect(actions.fetches.map(\.epoch) == [nil])
    #expect(dialogue.answer(restored).applied == [[1, 2, 3]])
    #expect(dialogue.state == .live)
    #expect(dialogue.follower.subscription.counts.recovered == recovered + 3)
  }

  @Test func `a service that has lost history itself applies nothing and asks nothing`() throws {
    let journal = try ServiceJournal(.memory, of: "beta", runtime: .machine)
    try journal.write { try $0.loseHistory("gamma says otherwise") }
    var dialogue = Dialogue(liveAt: source)
    do {
      try journal.write { try $0.requireHistory() }
    } catch let loss as HistoryLost {
      dialogue.stop(because: loss)
    }
    #expect(dialogue.state == .stopped)
    #expect(dialogue.follower.subscription.reason?.contains("restore beta --accept") == true)
    #expect(dialogue.deliver(SyntheticLog(count: 5)[4...5]) == [])
    #expect(dialogue.wait(.seconds(30)) == [])
  }

  @Test(arguments: [
    (Refusal.Code.diverged, "eventually follow reset beta alpha"),
    (.ahead, "eventually follow reset beta alpha"),
    (.epoch, "eventually follow reset beta alpha"),
    (.behindFloor, "eventually follow reset beta alpha"),
    (Refusal.Code(rawValue: "unheard-of"), "different versions"),
  ])
  func `a stopped stream names its remedy for each code`(
    code: Refusal.Code, remedy: String
  ) {
    var dialogue = Dialogue(liveAt: source)
    _ = dialogue.deliverBeat(of: restored)
    _ = dialogue.refuse(code)
    #expect(dialogue.follower.subscription.reason?.contains(remedy) == true)
  }

  @Test func `a refusal of something else than the open question stops nothing`() {
    var dialogue = Dialogue(liveAt: source)
    let stray = LogReply.error(Refusal(.diverged, message: "because", id: nil))
    #expect(dialogue.receive(stray) == [])
    #expect(dialogue.state == .live)
  }
}
