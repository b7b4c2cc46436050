import Events
import Foundation
import Journal
import Runtime
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(10))) struct `What the checker finds` {
  private let checker: Checker
  private let node: Node
  private let epoch = Epoch(7)

  init() throws {
    let clock = SimulatedClock()
    checker = Checker(Trace(clock, isKept: false), Coverage())
    let machine = Machine(clock, random: Randomness(1, for: "test"))
    node = try Node(.charlie, machine, values: [:])
  }

  private func record(_ sequence: UInt64, _ text: String = "{}") throws -> Record {
    let topic = Topic(stream: "charlie", type: "order.charged", version: 1)
    let body = Data(text.utf8)
    let chain = Chain.zero.appending(topic: topic, body: body)
    let header = Header(
      schemaVersion: 1, leastReader: 1, epoch: epoch, sequence: sequence,
      committedAt: Timestamp(microseconds: 1), chain: chain)
    return Record(topic: topic, header: header, body: body)
  }

  private func commit(_ record: Record) {
    node.model.append(
      LoggedEvent(
        epoch: epoch, sequence: record.header.sequence, chain: record.header.chain,
        type: record.topic.type, subject: "", committedAt: record.header.committedAt))
  }

  private func violation(_ work: () throws -> Void) -> Property? {
    do {
      try work()
      return nil
    } catch {
      return (error as? Violation)?.property
    }
  }

  @Test func `an event that is published before it is committed`() throws {
    let record = try record(1)
    #expect(violation { try checker.heard(record.frames, from: node) } == .durableBeforeHeard)
    commit(record)
    #expect(violation { try checker.heard(record.frames, from: node) } == nil)
  }

  @Test func `an event that is published before it is on disk`() throws {
    let record = try record(1)
    node.unsynced = try node.snapshot(at: 0)
    commit(record)
    #expect(violation { try checker.heard(record.frames, from: node) } == .durableBeforeHeard)
  }

  @Test func `a number that is used for another event, but where a raw copy was put back`() throws {
    let before = node.model
    let first = try record(1, "{}")
    let second = try record(1, "[]")
    commit(first)
    try checker.heard(first.frames, from: node)
    node.model = before
    commit(second)
    #expect(violation { try checker.heard(second.frames, from: node) } == .numbersOnce)
    node.isRawCopy = true
    #expect(violation { try checker.heard(second.frames, from: node) } == nil)
  }

  @Test func `a valid edit of a dead letter that is refused, but by an old build`() throws {
    let letter = try #require(Identifier("00000000-0000-7000-8000-000000000001"))
    let edit = LetterEdit(
      letter: letter, type: "order.approved", subject: "", kind: .mend, data: .object([:]))
    func refused() -> Property? {
      violation { try checker.answers(edit, Reaction(status: 422, body: .null), node) }
    }
    #expect(refused() == .edits)
    node.isOldBuild = true
    #expect(refused() == nil)
  }

  @Test func `an answer that is an error of the service`() {
    #expect(answered("/api/charges", 500, "{}") == .noFailure)
    #expect(answered("/api/charges", 503, "{}") == nil)
  }

  @Test func `a ledger that does not sum to zero`() {
    #expect(answered("/api/ledger", 200, #"{"balanced":true,"total":0}"#) == nil)
    #expect(answered("/api/ledger", 200, #"{"balanced":false,"total":1}"#) == .ledger)
  }

  @Test(
    "a fee report with a false value",
    arguments: [
      #"{"settingsVersion":1000,"state":"matched","fee":{"amount":1},"orders":0}"#,
      #"{"settingsVersion":1000,"state":"pending","fee":{"amount":1}}"#,
      #"{"state":"matched"}"#,
    ])
  func feeReport(line: String) {
    #expect(
      answered("/api/ledger/fees", 200, #"{"fees":[\#(line)],"unknown":[]}"#) == .feeReport)
  }

  @Test func `an entry of an order that no customer made`() {
    let order = "00000000-0000-7000-8000-000000000001"
    #expect(
      answered(
        "/api/ledger/entries?limit=500", 200,
        #"{"entries":[{"orderId":"\#(order)","postings":[]}]}"#)
        == .ledger)
  }

  private func answered(_ target: String, _ status: Int, _ body: String) -> Property? {
    violation {
      try checker.answers(
        Ask(target: target, request: "test"),
        Reaction(
          status: status, body: try JSONDecoder().decode(JSONValue.self, from: Data(body.utf8))),
        node)
    }
  }
}
