import Courier
import Events
import Journal
import RoomTesting
import Testing

/// A follower as time passes: it asks again, reports silence, is ready, acknowledges.
@Suite(.timeLimit(.minutes(1)))
struct PatienceTests {
  private let source = SyntheticLog(count: 3)

  @Test func `a question without an answer is asked again, later each time, within bounds`() {
    var dialogue = Dialogue()
    var times: [Duration] = []
    for _ in 1...600 {
      if !dialogue.wait(.milliseconds(200)).fetches.isEmpty { times.append(dialogue.now) }
    }
    let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
    #expect(pauses.first.map { $0 <= .milliseconds(2600) } == true)
    #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 + .milliseconds(200) })
    #expect(pauses.allSatisfy { $0 >= .seconds(2) && $0 <= .seconds(10) })
    #expect(pauses.last.map { $0 >= .seconds(7) } == true)
  }

  @Test func `the first beat repeats the first request, which may have been lost`() {
    var dialogue = Dialogue()
    #expect(dialogue.wait(.zero).fetches.map(\.after) == [0])
    #expect(dialogue.deliverBeat(of: source).fetches.map(\.after) == [0])
    // The next beat comes while the log may be answering.
    #expect(dialogue.deliverBeat(of: source).fetches == [])
    #expect(dialogue.answer(source).applied == [[1, 2, 3]])
  }

  @Test func `chance makes the pause longer, by half at most`() {
    func pause(random: UInt64) -> Duration {
      var dialogue = Dialogue()
      dialogue.random = random
      _ = dialogue.wait(.seconds(60))
      var times: [Duration] = []
      while times.count < 2 {
        if !dialogue.wait(.milliseconds(200)).fetches.isEmpty { times.append(dialogue.now) }
      }
      return times[1] - times[0]
    }
    let least = pause(random: 0)
    let most = pause(random: 511)
    #expect(most > least + .seconds(2))
    #expect(most < least + .seconds(3))
    #expect(pause(random: .max) <= most + .milliseconds(200))
  }

  @Test func `the follower's own slowness is not taken for the publisher's silence`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    // The events are applied before the question is sent, and that may take its time.
    let asked = dialogue.answer(source, limit: 1)
    #expect(asked.fetches.map(\.after) == [1])
    dialogue.sleep(.seconds(30))
    let afterwards = dialogue.wait(.zero)
    #expect(afterwards.reports == [])
    #expect(afterwards.fetches == [])
    #expect(dialogue.answer(source).applied == [[2, 3]])
  }

  @Test func `five seconds of silence are away, once, and a beat brings it back`() {
    var dialogue = Dialogue(liveAt: source)
    let quiet = dialogue.wait(.milliseconds(4800))
    #expect(quiet.reports == [])
    #expect(dialogue.state == .live)
    let silent = dialogue.wait(.seconds(10))
    #expect(silent.reports == [.away])
    #expect(dialogue.state == .away)
    #expect(dialogue.follower.subscription.reason != nil)
    #expect(!silent.fetches.isEmpty)

    while dialogue.deliverBeat(of: source).fetches.isEmpty { _ = dialogue.wait(.milliseconds(100)) }
    #expect(dialogue.state == .catchingUp)
    #expect(dialogue.answer(source).reports == [.live(at: 3)])
    #expect(dialogue.state == .live)
  }

  @Test func `an answer brings it back too`() {
    var dialogue = Dialogue(liveAt: source)
    while dialogue.wait(.milliseconds(200)).fetches.isEmpty {}
    #expect(dialogue.state == .away)
    #expect(dialogue.answer(source).reports == [.live(at: 3)])
    #expect(dialogue.wait(.milliseconds(4000)).reports == [])
  }

  @Test func `beats keep it live`() {
    var dialogue = Dialogue(liveAt: source)
    for _ in 1...20 {
      #expect(dialogue.wait(.seconds(1)).reports == [])
      _ = dialogue.deliverBeat(of: source)
    }
    #expect(dialogue.state == .live)
  }

  @Test
  func `a publisher that is not there for two seconds does not keep a service from being ready`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.milliseconds(1800))
    #expect(!dialogue.follower.subscription.isReady)
    #expect(dialogue.wait(.milliseconds(200)).reports == [.away])
    #expect(dialogue.follower.subscription.isReady)
    #expect(dialogue.state == .away)
  }

  @Test func `a publisher that is lost before the first catch-up ends leaves a service ready`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    _ = dialogue.deliverBeat(of: source)
    _ = dialogue.answer(source, limit: 1)
    #expect(dialogue.wait(.seconds(6)).reports == [.away])
    #expect(dialogue.follower.subscription.isReady)
  }

  @Test func `beats without an answer do not keep a service from being ready`() {
    var dialogue = Dialogue()
    for _ in 1...3 {
      _ = dialogue.deliverBeat(of: source)
      _ = dialogue.wait(.seconds(1))
    }
    #expect(dialogue.follower.subscription.isReady)
    #expect(dialogue.state == .catchingUp)
  }

  @Test func `an answer that leads nowhere is not asked for again at once`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    let nowhere = dialogue.answer(source) { answer, records in
      records = []
      answer.through = 0
      answer.chain = .zero
    }
    #expect(nowhere.fetches == [])
    #expect(!dialogue.wait(.seconds(1)).fetches.isEmpty)
  }

  @Test func `ready is caught up to the head seen at the start, though it moves on`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    _ = dialogue.answer(source, limit: 1)
    #expect(!dialogue.follower.subscription.isReady)
    _ = dialogue.wait(.seconds(3))
    #expect(!dialogue.follower.subscription.isReady)
    while dialogue.answer(SyntheticLog(count: 100), limit: 2) == [] {
      _ = dialogue.wait(.milliseconds(200))
    }
    #expect(dialogue.follower.subscription.isReady)
    #expect(dialogue.state == .catchingUp)
  }

  @Test func `a publisher that has nothing yet makes ready at once`() {
    let dialogue = Dialogue(liveAt: SyntheticLog())
    #expect(dialogue.follower.subscription.isReady)
    #expect(dialogue.follower.subscription.head == 0)
  }

  @Test func `acknowledgements come once a second at most, after progress`() {
    let source = SyntheticLog(count: 40)
    var dialogue = Dialogue(liveAt: SyntheticLog(count: 1))
    var (acknowledged, times): ([UInt64], [Duration]) = ([], [])
    for sequence in 2...40 as ClosedRange<UInt64> {
      _ = dialogue.deliver([source[sequence]])
      let said = dialogue.wait(.milliseconds(100)).acknowledged
      acknowledged += said
      times += said.map { _ in dialogue.now }
      _ = dialogue.deliverBeat(of: source, at: sequence)
    }
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .seconds(1) })
    #expect((3...4).contains(times.count))
    acknowledged += dialogue.wait(.seconds(2)).acknowledged
    #expect(acknowledged.last == 40)
    #expect(dialogue.wait(.seconds(2)).acknowledged == [])
  }

  @Test func `an idle follower acknowledges at once, however short ago it did`() {
    let source = SyntheticLog(count: 3)
    var dialogue = Dialogue(liveAt: SyntheticLog(count: 1))
    #expect(dialogue.wait(.milliseconds(400)).acknowledged == [1])
    _ = dialogue.deliver(source[2...3])
    #expect(dialogue.wait(.milliseconds(100)).acknowledged == [])
    #expect(dialogue.wait(.milliseconds(300)).acknowledged == [3])
    #expect(dialogue.wait(.seconds(4)).acknowledged == [])
  }

  @Test func `an acknowledgement that found no peer is repeated at once`() {
    var dialogue = Dialogue(liveAt: source)
    #expect(dialogue.wait(.milliseconds(400)).acknowledged == [3])
    dialogue.follower.lostRequest()
    #expect(dialogue.wait(.milliseconds(200)).acknowledged == [3])
  }

  @Test func `an acknowledgement may have been lost with the publisher, and is repeated`() {
    var dialogue = Dialogue(liveAt: source)
    #expect(dialogue.wait(.seconds(1)).acknowledged == [3])
    while dialogue.wait(.milliseconds(200)).fetches.isEmpty {}
    #expect(dialogue.state == .away)
    _ = dialogue.answer(source)
    #expect(dialogue.wait(.seconds(1)).acknowledged == [3])
  }

  @Test func `a long catch-up is acknowledged on the way`() {
    var dialogue = Dialogue()
    _ = dialogue.wait(.zero)
    _ = dialogue.answer(source, limit: 1)
    #expect(dialogue.state == .catchingUp)
    #expect(dialogue.wait(.seconds(1)).acknowledged == [1])
  }

  @Test func `nothing is acknowledged while the publisher is away`() {
    var dialogue = Dialogue(liveAt: source)
    _ = dialogue.wait(.seconds(6))
    #expect(dialogue.state == .away)
    #expect(dialogue.wait(.seconds(60)).acknowledged == [])
  }

  @Test func `an acknowledgement on the way may be lost, and is repeated now and then`() {
    var dialogue = Dialogue(liveAt: source)
    var acknowledged: [UInt64] = []
    for _ in 0..<65 {
      acknowledged += dialogue.wait(.seconds(1)).acknowledged
      _ = dialogue.deliverBeat(of: source)
    }
    // After 0.2, 5.2 and 35.2 s, and not again before 65.2 s.
    #expect(acknowledged == [3, 3, 3])
  }
}
