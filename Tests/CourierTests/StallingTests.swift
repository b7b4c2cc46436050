import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Testing

/// A follower without progress is stalled, with a reason.
@Suite(.timeLimit(.minutes(1)))
struct StallingTests {
  private let source = SyntheticLog(count: 5)

  private func stalls(_ actions: Dialogue.Actions) -> [String] {
    actions.reports.compactMap { if case .stalled(let reason) = $0 { reason } else { nil } }
  }

  /// A follower that is behind a publisher that beats, and whose questions stay unanswered.
  private func unanswered() -> Dialogue {
    var dialogue = Dialogue()
    _ = dialogue.deliverBeat(of: source)
    return dialogue
  }

  /// Time passes in which the publisher beats.
  private func wait(_ seconds: Int, _ dialogue: inout Dialogue) -> Dialogue.Actions {
    (0..<seconds).flatMap { _ in dialogue.deliverBeat(of: source) + dialogue.wait(.seconds(1)) }
  }

  @Test func `after 30 s without an answer it is stalled, is logged once and is not ready`()
    throws
  {
    var dialogue = unanswered()
    #expect(stalls(wait(29, &dialogue)) == [])
    #expect(dialogue.follower.subscription.reason == nil)
    let said = stalls(wait(60, &dialogue))
    #expect(said.count == 1)
    let reason = try #require(said.first)
    #expect(reason.contains("30 s") && reason.contains("at 0 of 5"), "\(reason)")
    #expect(reason.contains("does not answer"), "\(reason)")
    let subscription = dialogue.follower.subscription
    #expect(subscription.reason == reason)
    #expect(subscription.isStalled)
    #expect(!subscription.isReady)
  }

  @Test func `an answer that cannot be read is the reason`() throws {
    var dialogue = unanswered()
    _ = dialogue.receive(frames: [Data("EVENTS".utf8), Data("{".utf8)])
    let reason = try #require(stalls(wait(40, &dialogue)).first)
    #expect(reason.contains("cannot be read"), "\(reason)")
  }

  @Test func `answers that do not continue what was applied are the reason`() throws {
    var dialogue = unanswered()
    var reasons: [String] = []
    for _ in 0..<40 {
      reasons += stalls(wait(1, &dialogue))
      _ = dialogue.answer(source) { _, records in records.removeFirst() }
    }
    #expect(try #require(reasons.first).contains("does not continue"), "\(reasons)")
    #expect(reasons.count == 1)
  }

  @Test func `it clears by itself when something is applied`() {
    var dialogue = unanswered()
    _ = wait(60, &dialogue)
    dialogue.waitForQuestion()
    let actions = dialogue.answer(source)
    #expect(actions.reports.contains(.resumed))
    #expect(dialogue.follower.subscription.reason == nil)
    #expect(!dialogue.follower.subscription.isStalled)
    #expect(stalls(wait(60, &dialogue)) == [])
  }

  @Test func `a follower that is live, or whose publisher is away, is not stalled`() {
    var live = Dialogue(liveAt: source)
    #expect(stalls(wait(60, &live)) == [])
    var away = Dialogue(liveAt: source)
    #expect(stalls(away.wait(.seconds(120))) == [])
    #expect(away.state == .away)
  }

  @Test func `a log that does not end is no stall while it is applied`() {
    var dialogue = unanswered()
    let long = SyntheticLog(count: 100)
    var stalled: [String] = []
    for _ in 0..<40 {
      dialogue.waitForQuestion()
      stalled += stalls(dialogue.answer(long, limit: 1))
      stalled += stalls(dialogue.wait(.seconds(1)))
    }
    #expect(stalled == [])
  }
}

/// A publisher that does not take acknowledgements.
@Suite(.timeLimit(.minutes(1)))
struct RefusedAcknowledgementTests {
  private let source = SyntheticLog(count: 3)

  private func refusal(_ code: Refusal.Code = .malformed) -> LogReply {
    .error(Refusal(code, message: "add it to alpha.consumers", id: .string("acknowledgement")))
  }

  @Test func `a refusal is reported once, and is the reason until an acknowledgement is accepted`()
  {
    var dialogue = Dialogue(liveAt: source)
    #expect(dialogue.wait(.seconds(2)).acknowledged == [3])
    #expect(dialogue.receive(refusal()).reports.count == 1)
    #expect(dialogue.follower.subscription.reason?.contains("alpha.consumers") == true)
    #expect(dialogue.state == .live, "it follows all the same")
    #expect(dialogue.follower.subscription.isReady)

    for _ in 1...62 {
      _ = dialogue.deliverBeat(of: source)
      _ = dialogue.wait(.seconds(1))
    }
    #expect(dialogue.state == .live)
    #expect(dialogue.follower.subscription.reason == nil)
  }

  @Test func `a lasting refusal is reported no more`() {
    var dialogue = Dialogue(liveAt: source)
    _ = dialogue.wait(.seconds(2))
    #expect(dialogue.receive(refusal()).reports.count == 1)
    #expect(dialogue.receive(refusal()) == [])
  }

  @Test func `a contradiction of histories is left to the next request`() {
    var dialogue = Dialogue(liveAt: source)
    _ = dialogue.wait(.seconds(2))
    #expect(dialogue.receive(refusal(.ahead)) == [])
    #expect(dialogue.state == .live)
  }

  @Test func `an acknowledgement carries the chain of its position`() throws {
    var dialogue = Dialogue(liveAt: source)
    let actions = dialogue.wait(.seconds(2))
    let sent = try #require(
      actions.compactMap {
        if case .request(.acknowledge(let sent)) = $0 { sent } else { nil }
      }.first)
    #expect(sent.chain == source.cursor.chain)
  }

  @Test func `beats to other prefixes are skipped, in any number`() {
    var dialogue = Dialogue(liveAt: source)
    var frames = source.beat(at: 1)
    frames[0] = Data("alpha/garbage~beat/".utf8)
    #expect(dialogue.deliver(frames: Array(repeating: frames, count: 1_000)) == [])
    #expect(dialogue.state == .live)
  }
}
