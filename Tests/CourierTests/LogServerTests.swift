import Courier
import Events
import Foundation
import Testing

@testable import Journal

/// The answers of a log.
@Suite(.timeLimit(.minutes(1)))
struct LogServerTests {
  private let journal: ServiceJournal

  init() throws {
    journal = try ServiceJournal(
      .memory, of: "alpha", expecting: ["beta"], runtime: .machine)
    try publish(10)
  }

  private func publish(_ count: Int, size: Int = 1) throws {
    let correlation = Correlation.beginning(in: .machine)
    try journal.write { transaction in
      for _ in 0..<count {
        try transaction.emit(
          Noted(text: String(repeating: "x", count: size)), correlation: correlation)
      }
    }
  }

  /// Puts the log back to an earlier end, as a restore does, with a history of its own.
  private func restore(to sequence: UInt64, as epoch: Epoch) throws {
    let chain = try place(sequence).chain
    try journal.engine.write { connection in
      try connection.run("DELETE FROM log WHERE sequence > \(sequence)")
      try connection.run(
        "UPDATE journal SET epoch = \(epoch), sequence = \(sequence), chain = \(chain)")
      try connection.run(
        "INSERT INTO lineage (epoch, sequence, chain) VALUES (\(epoch), \(sequence), \(chain))")
    }
  }

  /// Prunes the log, but for some events.
  private func prune(below floor: UInt64, keeping kept: ClosedRange<UInt64>) throws {
    try journal.write { transaction in
      let chain = try transaction.chain(at: floor - 1)
      try transaction.run(
        """
        DELETE FROM log WHERE sequence < \(floor)
        AND NOT (sequence >= \(kept.lowerBound) AND sequence <= \(kept.upperBound))
        """)
      try transaction.run("UPDATE journal SET floor = \(floor), floor_chain = \(chain)")
    }
  }

  private func place(_ sequence: UInt64) throws -> Cursor {
    try journal.look { snapshot in
      let chain = try #require(try snapshot.chain(at: sequence))
      return Cursor(epoch: try snapshot.head().epoch, sequence: sequence, chain: chain)
    }
  }

  private func ask(from cursor: Cursor, limit: Int? = nil) throws -> LogReply {
    try ask(
      Fetch(
        id: .integer(1), stream: "alpha", epoch: cursor.epoch, after: cursor.sequence,
        chain: cursor.epoch == nil ? nil : cursor.chain, limit: limit))
  }

  private func ask(_ fetch: Fetch) throws -> LogReply {
    try journal.look { try LogServer($0).answer(fetch) }
  }

  private func code(of reply: LogReply) -> Refusal.Code? {
    guard case .error(let refusal) = reply, refusal.id == .integer(1), !refusal.message.isEmpty
    else { return nil }
    return refusal.code
  }

  private func sequences(in reply: LogReply) -> [UInt64]? {
    guard case .events(_, let records) = reply else { return nil }
    return records.map(\.header.sequence)
  }

  @Test func `the events after a place are answered as stored`() throws {
    guard case .events(let answer, let records) = try ask(from: place(4), limit: 3) else {
      Issue.record("there is no answer")
      return
    }
    #expect(answer.id == .integer(1))
    #expect(answer.stream == "alpha")
    #expect(answer.after == 4)
    #expect(answer.through == 7)
    #expect(answer.head == 10)
    #expect(answer.floor == 1)
    #expect(try answer.chain == place(7).chain)
    #expect(try answer.epoch == place(7).epoch)
    #expect(try records == journal.look { try $0.records(after: 4, limit: 3) })
  }

  @Test func `at the head the answer has no events, and the position`() throws {
    let end = try place(10)
    guard case .events(let answer, let records) = try ask(from: end) else {
      Issue.record("there is no answer")
      return
    }
    #expect(records.isEmpty)
    #expect(answer.through == 10)
    #expect(answer.chain == end.chain)
  }

  @Test func `at most 500 events are answered`() throws {
    try publish(600)
    for limit in [nil, 501, Int.max] as [Int?] {
      #expect(try sequences(in: ask(from: .start, limit: limit))?.count == 500)
    }
    #expect(try sequences(in: ask(from: .start, limit: 1)) == [1])
  }

  @Test func `at most 1 MiB is answered`() throws {
    try publish(40, size: 60_000)
    guard case .events(let answer, let records) = try ask(from: place(10)) else {
      Issue.record("there is no answer")
      return
    }
    let size = records.reduce(0) { $0 + $1.size }
    #expect(size <= 1 << 20)
    #expect(size > 900_000)
    #expect(answer.through == records.last?.header.sequence)
    #expect(try sequences(in: ask(from: place(answer.through)))?.isEmpty == false)
  }

  @Test(arguments: [0, -1, Int.min])
  func `a limit below one is malformed`(limit: Int) throws {
    #expect(try code(of: ask(from: .start, limit: limit)) == .malformed)
  }

  @Test func `another stream is refused`() throws {
    let reply = try ask(Fetch(id: .integer(1), stream: "beta", after: 0))
    #expect(code(of: reply) == .stream)
  }

  @Test(arguments: [11, 1 << 40, UInt64(Int64.max), UInt64(Int64.max) + 1, .max])
  func `a place past the head is ahead`(after: UInt64) throws {
    let reply = try ask(Fetch(id: .integer(1), stream: "alpha", after: after))
    #expect(code(of: reply) == .ahead)
    let epoch = try place(0).epoch
    #expect(
      try code(
        of: ask(Fetch(id: .integer(1), stream: "alpha", epoch: epoch, after: after, chain: .zero)))
        == .ahead)
  }

  @Test func `another chain at the place has diverged`() throws {
    var wrong = try place(4)
    wrong.chain = try place(5).chain
    #expect(try code(of: ask(from: wrong)) == .diverged)
    wrong = try place(10)
    wrong.chain = .zero
    #expect(try code(of: ask(from: wrong)) == .diverged)
  }

  @Test func `an unknown history is refused`() throws {
    var stranger = try place(4)
    stranger.epoch = Epoch(99)
    #expect(try code(of: ask(from: stranger)) == .epoch)
  }

  @Test func `a follower at or before a fork goes on, one past it has diverged`() throws {
    let places = try (0...10).map { try place($0) }
    try restore(to: 6, as: Epoch(2))
    try publish(5)
    for old in places {
      let reply = try ask(from: old)
      if old.sequence <= 6 {
        #expect(sequences(in: reply) == Array(old.sequence + 1...11))
      } else {
        #expect(code(of: reply) == .diverged)
      }
    }
    #expect(try sequences(in: ask(from: place(9))) == [10, 11])
  }

  @Test func `a later fork below an earlier one counts for both histories`() throws {
    let first = try (0...10).map { try place($0) }
    try restore(to: 8, as: Epoch(2))
    let second = try (0...8).map { try place($0) }
    try restore(to: 5, as: Epoch(3))
    try publish(5)
    for old in first + second {
      // Without its chain, so that the lineage alone decides.
      let reply = try ask(
        Fetch(id: .integer(1), stream: "alpha", epoch: old.epoch, after: old.sequence))
      if old.sequence <= 5 {
        #expect(sequences(in: reply)?.first == old.sequence + 1)
      } else {
        #expect(code(of: reply) == .diverged)
      }
    }
  }

  @Test func `a follower below the floor is behind it, a new one reads what is kept`() throws {
    let places = try (0...10).map { try place($0) }
    try prune(below: 8, keeping: 2...4)
    #expect(try sequences(in: ask(from: .start)) == [2, 3, 4, 8, 9, 10])
    #expect(try sequences(in: ask(from: .start, limit: 2)) == [2, 3])
    var new = places[3]
    new.epoch = nil
    #expect(try sequences(in: ask(from: new)) == [4, 8, 9, 10])
    for behind in places[1...6] { #expect(try code(of: ask(from: behind)) == .behindFloor) }
    for near in places[7...9] {
      #expect(try sequences(in: ask(from: near)) == Array(near.sequence + 1...10))
    }
  }

  @Test func `below the floor too, what was read must be this log's`() throws {
    var kept = try place(3)
    var other = try place(3)
    try prune(below: 8, keeping: 2...4)
    kept.epoch = nil
    other.epoch = nil
    other.chain = try place(2).chain
    func ask(_ cursor: Cursor) throws -> LogReply {
      try self.ask(
        Fetch(id: .integer(1), stream: "alpha", after: cursor.sequence, chain: cursor.chain))
    }
    #expect(try sequences(in: ask(kept)) == [4, 8, 9, 10])
    #expect(try code(of: ask(other)) == .diverged)
  }

  @Test func `a follower of the protocol comes to the end of a pruned log`() throws {
    try prune(below: 8, keeping: 2...6)
    var follower = Follower("alpha", as: "beta", from: .start, at: .zero)
    var now = Duration.zero
    var (applied, actions): ([[UInt64]], [Follower.Action]) = (
      [], follower.tick(at: now, random: 0)
    )
    while var fetch = actions.fetches.first {
      fetch.limit = 2
      now += .milliseconds(1)
      actions = follower.answer(try ask(fetch).frames, at: now, random: 0)
      applied += actions.applied
    }
    #expect(applied.flatMap { $0 } == [2, 3, 4, 5, 6, 8, 9, 10])
    #expect(try follower.cursor == place(10))
  }

  @Test func `a log that was pruned to its end answers with its position`() throws {
    let end = try place(10)
    try prune(below: 11, keeping: 0...0)
    guard case .events(let answer, let records) = try ask(from: .start) else {
      Issue.record("there is no answer")
      return
    }
    #expect(records.isEmpty)
    #expect(answer.through == 10)
    #expect(answer.chain == end.chain)
    #expect(try sequences(in: ask(from: end)) == [])
  }

  @Test func `STATUS has the state of a log`() throws {
    try restore(to: 6, as: Epoch(2))
    try journal.write { try $0.acknowledge("beta", epoch: Epoch(2), sequence: 5) }
    guard case .status(let status) = try journal.look({ try LogServer($0).status(.integer(3)) })
    else {
      Issue.record("there is no answer")
      return
    }
    #expect(status.id == .integer(3))
    #expect(status.stream == "alpha")
    #expect(status.head == 6)
    #expect(status.epoch == Epoch(2))
    #expect(status.lineage.map(\.from) == [0, 6])
    #expect(status.consumers.map(\.name) == ["beta"])
    #expect(LogReply(frames: LogReply.status(status).frames) == .status(status))
  }

  @Test func `an acknowledgement that cannot be is refused`() throws {
    let epoch = try #require(try place(0).epoch)
    func code(_ consumer: String, _ stream: String, _ epoch: Epoch, _ sequence: UInt64) throws
      -> Refusal.Code?
    {
      let acknowledgement = Acknowledgement(
        consumer: consumer, stream: stream, epoch: epoch, sequence: sequence)
      return try journal.look { try LogServer($0).refusal(of: acknowledgement)?.code }
    }
    #expect(try code("beta", "alpha", epoch, 10) == nil)
    #expect(try code("beta", "alpha", epoch, 0) == nil)
    #expect(try code("beta", "gamma", epoch, 10) == .stream)
    #expect(try code("beta", "alpha", Epoch(99), 10) == .epoch)
    #expect(try code("beta", "alpha", epoch, 11) == .ahead)
    #expect(try code("beta", "alpha", epoch, .max) == .ahead)
  }

  @Test func `a follower past a fork has diverged, also where the log is shorter by now`() throws {
    let old = try place(9)
    try restore(to: 6, as: Epoch(2))
    #expect(try code(of: ask(from: old)) == .diverged)
  }
}
