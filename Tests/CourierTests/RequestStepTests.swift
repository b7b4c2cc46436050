import Courier
import Events
import Foundation
import Journal
import Synchronization
import Testing
import ZeroMQ

/// The effects of a message to the log, beside its answer.
@Suite(.timeLimit(.minutes(1)))
struct RequestStepTests {
  private let journal: ServiceJournal
  private let own = Peer(uid: 900, gid: 900, pid: 1)
  private let other = Peer(uid: 1_000, gid: 1_000, pid: 7)
  private let strange = Chain(Data(repeating: 7, count: 16))

  private let commits = CommitCount()

  init() throws {
    let commits = commits
    journal = try Self.open(.memory) { commits.increment() }
    try publish(3)
  }

  private static func open(
    _ place: ServiceJournal.Place, counting count: @escaping @Sendable () -> Void = {}
  ) throws -> ServiceJournal {
    try ServiceJournal(
      place, of: "alpha", expecting: ["beta"], runtime: .machine, reporting: { _ in count() })
  }

  private func publish(_ count: Int) throws {
    try journal.write { transaction in
      for _ in 0..<count {
        try transaction.emit(Noted(text: "something"), correlation: .beginning(in: .machine))
      }
    }
  }

  /// Runs a turn as a simulation does, in one thread.
  private func answer(_ request: LogRequest, from peer: Peer? = nil) throws -> LogReply? {
    let origin = RequestOrigin(.process(peer ?? own), expected: journal.expected, own: own)
    var turn = RequestStep(on: request.frames[...], from: origin, to: "alpha")
    while true {
      switch turn {
      case .answer(let reply): return reply
      case .read(let work): turn = try journal.look(work)
      case .write(let work): turn = try journal.write(work)
      }
    }
  }

  private func head() throws -> Head { try journal.look { try $0.head() } }

  private func cursor(of consumer: String) throws -> UInt64? {
    try journal.look { try $0.consumers() }.first { $0.name == consumer }?.cursor
  }

  private func fetch(
    _ consumer: String?, after sequence: UInt64, chain: Chain? = nil, epoch: Epoch? = nil
  ) throws -> LogRequest {
    .fetch(
      Fetch(
        id: .integer(1), consumer: consumer, stream: "alpha", epoch: try epoch ?? head().epoch,
        after: sequence, chain: chain))
  }

  private func acknowledge(
    _ consumer: String, _ sequence: UInt64, chain: Chain? = nil, epoch: Epoch? = nil
  ) throws -> LogRequest {
    .acknowledge(
      Acknowledgement(
        id: .integer(1), consumer: consumer, stream: "alpha", epoch: try epoch ?? head().epoch,
        sequence: sequence, chain: chain))
  }

  private func code(of reply: LogReply?) -> Refusal.Code? {
    if case .error(let refusal)? = reply { refusal.code } else { nil }
  }

  // MARK: Claims that prove a loss

  @Test func `an expected consumer that is ahead, with its chain, proves that history is lost`()
    throws
  {
    #expect(try code(of: answer(fetch("beta", after: 9, chain: strange))) == .ahead)
    #expect(try head().lost?.contains("beta") == true)
  }

  @Test func `an expected consumer with another chain proves it too`() throws {
    #expect(try code(of: answer(fetch("beta", after: 2, chain: strange))) == .diverged)
    #expect(try head().lost != nil)
  }

  @Test func `an acknowledgement past the head, with its chain, proves it too`() throws {
    #expect(try code(of: answer(acknowledge("beta", 4, chain: strange))) == .ahead)
    #expect(try head().lost != nil)
  }

  // MARK: Claims that prove nothing

  @Test func `a claim that is ahead of an old snapshot alone proves nothing`() throws {
    // Where several processes write a log, a reader may not see yet what another has published.
    let store = try MemoryStore()
    let writer = try Self.open(.store(store))
    let reader = try Self.open(.store(try store.copy()))
    try writer.write {
      _ = try $0.emit(Noted(text: "something"), correlation: .beginning(in: .machine))
    }
    let head = try writer.look { try $0.head() }
    let origin = RequestOrigin(.process(own), expected: writer.expected, own: own)
    for request in [
      try fetch("beta", after: 1, chain: head.chain, epoch: head.epoch),
      try acknowledge("beta", 1, chain: head.chain, epoch: head.epoch),
    ] {
      var step = RequestStep(on: request.frames[...], from: origin, to: "alpha")
      if case .read(let work) = step { step = try reader.look(work) }
      guard case .write(let work) = step, case .answer(let reply) = try writer.write(work) else {
        Issue.record("the claim is not judged in a transaction, and answered")
        continue
      }
      #expect(code(of: reply) == nil)
    }
    let after = try writer.look { (try $0.head().lost, try $0.consumers().first?.cursor) }
    #expect(after.0 == nil)
    #expect(after.1 == 1)
    // A log whose history is in doubt by now serves no events.
    try writer.write { try $0.loseHistory("a test") }
    let request = try fetch("beta", after: 1, chain: head.chain, epoch: head.epoch)
    var step = RequestStep(on: request.frames[...], from: origin, to: "alpha")
    if case .read(let work) = step { step = try reader.look(work) }
    if case .write(let work) = step { step = try writer.write(work) }
    guard case .answer(nil) = step else {
      Issue.record("it is answered: \(step)")
      return
    }
  }

  @Test func `a claim without a chain is that peer's error alone`() throws {
    #expect(try code(of: answer(fetch("beta", after: 9))) == .ahead)
    #expect(try code(of: answer(acknowledge("beta", 4))) == .ahead)
    #expect(try head().lost == nil)
  }

  @Test func `the chain of the head at another number is an off-by-one`() throws {
    let chain = try head().chain
    #expect(try code(of: answer(fetch("beta", after: 4, chain: chain))) == .ahead)
    #expect(try code(of: answer(acknowledge("beta", 4, chain: chain))) == .ahead)
    #expect(try code(of: answer(fetch("beta", after: 2, chain: chain))) == .diverged)
    #expect(try head().lost == nil)
  }

  @Test func `an unexpected peer, and a claim of another history, prove nothing`() throws {
    let old = try #require(Epoch(hex: "00000000000000aa"))
    _ = try answer(fetch("stranger", after: 9, chain: strange))
    _ = try answer(fetch(nil, after: 9, chain: strange))
    #expect(try code(of: answer(fetch("beta", after: 9, chain: strange, epoch: old))) == .epoch)
    #expect(
      try code(of: answer(fetch("beta", after: 9, chain: strange), from: other)) == .ahead)
    #expect(
      try code(of: answer(acknowledge("beta", 9, chain: strange), from: other)) == .malformed)
    #expect(try head().lost == nil)
    guard case .events? = try answer(fetch("beta", after: 1)) else {
      Issue.record("a good question has no answer")
      return
    }
  }

  @Test func `a peer of the daemon's group acknowledges, and proves nothing`() throws {
    let member = Peer(uid: 1_000, gid: 900, pid: 7)
    #expect(
      try code(of: answer(fetch("beta", after: 9, chain: strange), from: member)) == .ahead)
    #expect(
      try code(of: answer(acknowledge("beta", 9, chain: strange), from: member)) == .ahead)
    #expect(try head().lost == nil)
    #expect(try answer(acknowledge("beta", 3), from: member) == nil)
    #expect(try cursor(of: "beta") == 3)
  }

  @Test func `a consumer that contradicts a damaged event has not proved a loss`() throws {
    let right = try journal.look { try #require(try $0.chain(at: 2)) }
    try journal.write { transaction in
      let row = try #require(try transaction.row("SELECT header FROM log WHERE sequence = 2"))
      var header: Data = try row.value("header")
      header[40] ^= 1
      try transaction.run("UPDATE log SET header = \(header) WHERE sequence = 2")
    }
    #expect(try code(of: answer(fetch("beta", after: 2, chain: right))) == .damaged)
    #expect(try head().lost == nil)
  }

  // MARK: Acknowledging

  @Test func `an acknowledgement moves its consumer forwards, and never backwards`() throws {
    #expect(try answer(acknowledge("beta", 3, chain: head().chain)) == nil)
    #expect(try answer(acknowledge("beta", 1)) == nil)
    #expect(try cursor(of: "beta") == 3)
  }

  @Test func `a name that is not configured, or that a peer may not use, moves nothing`() throws {
    #expect(try code(of: answer(acknowledge("mallory", 3))) == .malformed)
    #expect(try code(of: answer(acknowledge("beta", 3), from: other)) == .malformed)
    #expect(try journal.look { try $0.consumers() }.map(\.name) == ["beta"])
    #expect(try cursor(of: "beta") == 0)
  }

  @Test func `a consumer that an operator removed is not registered by its acknowledgement`()
    throws
  {
    _ = try journal.write { try $0.remove(consumer: "beta") }
    #expect(try code(of: answer(acknowledge("beta", 3))) == .malformed)
    #expect(try cursor(of: "beta") == nil)
  }

  // MARK: A log that has lost history

  @Test func `a log that has lost history serves no events, and answers STATUS`() throws {
    var publication = Publication(try head())
    let prefix = Data("alpha/".utf8)
    #expect(publication.subscribed(prefix, at: .zero).count == 1)
    let claim = try fetch("beta", after: 9, chain: strange)
    _ = try answer(claim)
    #expect(try answer(fetch("overlord", after: 0)) == nil)
    let before = commits.value
    #expect(try code(of: answer(claim)) == .ahead, "its consumer stays stopped")
    #expect(commits.value == before, "what is known is not stored again")
    guard case .status? = try answer(.status(nil)) else {
      Issue.record("the status has no answer")
      return
    }
    #expect(publication.publish([], of: try head()) == [])
    #expect(publication.beat(at: .seconds(1)) == [])
    #expect(publication.subscribed(prefix, at: .seconds(2)) == [])
  }
}

/// Counts commits.
private final class CommitCount: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  func increment() {
    count.withLock { $0 += 1 }
  }
}
