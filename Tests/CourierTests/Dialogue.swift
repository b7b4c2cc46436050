import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Runtime

/// A follower and its inputs, in order, with a clock that the test moves.
struct Dialogue {
  typealias Actions = [Follower.Action]

  var follower: Follower
  private(set) var now = Duration.zero
  var random: UInt64 = 0
  /// The last question, if any was asked.
  private(set) var fetch: Fetch?

  init(from cursor: Cursor = .start, reading known: [String: [UInt16]] = [:]) {
    follower = Follower("alpha", as: "beta", from: cursor, reading: known, at: .zero)
  }

  /// A follower that has caught up with a log.
  init(
    liveAt source: SyntheticLog, from cursor: Cursor = .start,
    reading known: [String: [UInt16]] = [:]
  ) {
    self.init(from: cursor, reading: known)
    _ = wait(.zero)
    _ = answer(source)
    precondition(state == .live)
  }

  var state: Subscription.State { follower.subscription.state }

  /// Time passes, with a tick at once and every 200 ms.
  mutating func wait(_ time: Duration) -> Actions {
    let end = now + time
    var actions = recorded(follower.tick(at: now, random: random))
    while now < end {
      now = min(now + .milliseconds(200), end)
      actions += recorded(follower.tick(at: now, random: random))
    }
    return actions
  }

  /// Time passes until the follower asks.
  mutating func waitForQuestion() {
    while wait(.milliseconds(200)).fetches.isEmpty {}
  }

  /// Time passes in which the follower's shell does something else.
  mutating func sleep(_ time: Duration) {
    now += time
  }

  /// An operator has set the journal's place in the stream, or not.
  mutating func reset(to stored: Cursor) {
    follower.resume(from: stored, at: now)
  }

  mutating func stop(because loss: HistoryLost) {
    follower.stop(because: loss)
  }

  mutating func deliver(_ records: [Record]) -> Actions {
    recorded(follower.receive(records.map(\.frames), at: now))
  }

  mutating func deliver(frames: [[Data]]) -> Actions {
    recorded(follower.receive(frames, at: now))
  }

  /// A beat of the log as it is, or at an earlier place of it.
  mutating func deliverBeat(
    of source: SyntheticLog, at sequence: UInt64? = nil, catalogue: String? = nil
  ) -> Actions {
    deliver(frames: [source.beat(at: sequence, catalogue: catalogue)])
  }

  /// The log answers the last question, with all that comes after it or up to a limit.
  mutating func answer(
    _ source: SyntheticLog, limit: UInt64 = 500,
    change: (inout EventsAnswer, inout [Record]) -> Void = { _, _ in }
  ) -> Actions {
    let after = fetch?.after ?? 0
    let through = min(source.head, after + limit)
    var records = after < through ? source[after + 1...through] : []
    var answer = EventsAnswer(
      id: fetch?.id, stream: source.stream, epoch: source.epoch, after: after, through: through,
      head: source.head, floor: source.floor, chain: source.cursor(at: through).chain)
    change(&answer, &records)
    return receive(.events(answer, records))
  }

  mutating func refuse(_ code: Refusal.Code) -> Actions {
    receive(.error(Refusal(code, message: "because", id: fetch?.id)))
  }

  mutating func receive(_ reply: LogReply) -> Actions {
    receive(frames: reply.frames)
  }

  mutating func receive(frames: [Data]) -> Actions {
    recorded(follower.answer(frames, at: now, random: random))
  }

  private mutating func recorded(_ actions: Actions) -> Actions {
    for case .request(.fetch(let fetch)) in actions { self.fetch = fetch }
    return actions
  }
}

extension SyntheticLog {
  /// A beat to the stream's followers.
  func beat(at sequence: UInt64? = nil, catalogue: String? = nil) -> [Data] {
    let place = cursor(at: sequence ?? head)
    let header = Header(
      isBeat: true, schemaVersion: 0, leastReader: 0, epoch: epoch, sequence: place.sequence,
      committedAt: Timestamp(microseconds: 1), chain: place.chain)
    let hash = catalogue.map { #","catalogue":"\#($0)""# } ?? ""
    let body = Data(#"{"stream":"\#(stream)","floor":\#(floor)\#(hash)}"#.utf8)
    return [Data("\(stream)/~beat/".utf8), header.bytes, body]
  }
}

extension [Follower.Action] {
  var fetches: [Fetch] {
    compactMap { if case .request(.fetch(let fetch)) = $0 { fetch } else { nil } }
  }

  var acknowledged: [UInt64] {
    compactMap {
      if case .request(.acknowledge(let acknowledgement)) = $0 {
        acknowledgement.sequence
      } else {
        nil
      }
    }
  }

  var reports: [Follower.Report] {
    compactMap { if case .report(let report) = $0 { report } else { nil } }
  }

  /// The sequence numbers of what was applied, one list for each piece of work.
  var applied: [[UInt64]] {
    compactMap {
      if case .apply(let records, _, _) = $0 { records.map(\.header.sequence) } else { nil }
    }
  }
}
