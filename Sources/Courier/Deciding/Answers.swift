import Events
package import FoundationEssentials
import Journal

// The replies of the publisher's log.

extension Follower {
  /// The publisher's log answered.
  package mutating func answer(_ frames: [Data], at now: Duration, random: UInt64) -> [Action] {
    if case .lost = phase { return [] }
    guard let reply = LogReply(frames: frames) else {
      stalling.answered(unusably: "its log's answer cannot be read")
      return [.report(.garbage)]
    }
    if case .error(let refusal) = reply, refusal.id == Acknowledging.id {
      // The next FETCH reports a contradiction of histories.
      guard refusal.code == .malformed, acknowledging.refuse(refusal) else { return [] }
      return [.report(.unacknowledged(refusal))]
    }
    if case .status(let status) = reply, CatalogueCheck.isItsOwn(status.id) {
      return catalogue.take(status) ? [.report(.lacks(catalogue.lacks))] : []
    }
    guard fetching.isFor(reply.id) else { return [] }
    switch reply {
    case .events(let answer, let records):
      return take(records, answer: answer, at: now, random: random)
    case .error(let refusal):
      return stop(because: refusal, at: now, random: random)
    case .status: return []
    }
  }

  /// The log is asked again, with growing pauses: the right journal may be put back.
  private mutating func stop(because refusal: Refusal, at now: Duration, random: UInt64)
    -> [Action]
  {
    // Each answer repeats the id of its own question.
    let stopped = Phase.stopped(Refusal(refusal.code, message: refusal.message))
    defer {
      phase = stopped
      isReady = false
    }
    fetching.fail(at: now, random: random)
    return phase == stopped ? [] : [.report(.stopped(refusal))]
  }

  private mutating func take(
    _ records: [Record], answer: EventsAnswer, at now: Duration, random: UInt64
  ) -> [Action] {
    guard answer.stream == stream, let end = answer.end(of: records, after: cursor) else {
      fetching.fail(at: now, random: random)
      stalling.answered(unusably: "its log's answer does not continue what was applied")
      return [.report(.garbage)]
    }
    fetching.reset()
    endSilence()
    let wasAt = cursor
    cursor = end
    head = answer.head
    var actions: [Action] = []
    counts.recovered += UInt64(records.count)
    if cursor != wasAt {
      actions.append(.apply(records, from: wasAt, through: cursor))
      actions += progressed()
    }
    // An answer without progress would be repeated at once.
    if cursor.sequence == wasAt.sequence, cursor.sequence < answer.head {
      fetching.fail(at: now, random: random)
    }
    // A publisher that was restored meanwhile may have less.
    headAtStart = min(headAtStart ?? answer.head, answer.head)
    if let headAtStart, cursor.sequence >= headAtStart { isReady = true }
    // Asked for now, the next events are read and sent while these are applied.
    guard cursor.sequence >= answer.head else { return catchUp(at: now) + actions }
    phase = .live
    // The publisher may have lost earlier acknowledgements in its restart: acknowledge again.
    acknowledging.acknowledged = nil
    actions += progressed()
    actions.append(.report(.live(at: cursor.sequence)))
    return actions + receiveAhead(afterProgress: cursor != wasAt, at: now)
  }

  /// Takes the live events that arrived during the fetch.
  ///
  /// Events that do not continue the fetched ones are dropped: asking the log for them again would
  /// never end. If they are committed later, a beat shows it.
  private mutating func receiveAhead(afterProgress: Bool, at now: Duration) -> [Action] {
    let live = ahead.take(after: cursor)
    guard let next = live.first,
      afterProgress || next.follows(sequence: cursor.sequence, chain: cursor.chain)
    else { return [] }
    return receive(live.map(\.frames), at: now)
  }
}
