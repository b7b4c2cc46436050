import Courier
import Events
import Foundation
import Journal
import Runtime
import Schema
import Testing

@testable import CommandLineTool

@Suite("A trace is a tree of causes", .timeLimit(.minutes(1)))
struct CauseTreeTests {
  private func event(
    _ stream: String, _ type: String, id: String, cause: String? = nil, at second: UInt64
  ) throws -> SniffedEvent {
    let cause = cause.map { #","causationid":"\#($0)""# } ?? ""
    return SniffedEvent(
      Record(
        topic: Topic(stream: stream, type: type, version: 1),
        header: Header(
          schemaVersion: 1, leastReader: 1, epoch: Epoch(7), sequence: second,
          committedAt: Timestamp(microseconds: second * 1_000_000), chain: .zero),
        body: Data(#"{"id":"\#(id)","subject":"o1"\#(cause)}"#.utf8)))
  }

  @Test("Each event stands below its cause, in the order of their times")
  func tree() throws {
    let tree = CauseTree([
      try event("alpha", "order.finalized", id: "4", cause: "3", at: 4),
      try event("charlie", "order.charged", id: "3", cause: "2", at: 3),
      try event("beta", "order.captured", id: "1", at: 1),
      try event("alpha", "order.approved", id: "2", cause: "1", at: 2),
    ])
    #expect(tree.entries.map { $0.item.id } == ["1", "2", "3", "4"])
    #expect(tree.entries.map(\.depth) == [0, 1, 2, 3])
    #expect(tree.missing.isEmpty)
  }

  @Test("An event whose cause is not there begins a tree of its own, and a ring ends")
  func roots() throws {
    let tree = CauseTree([
      try event("beta", "order.captured", id: "1", at: 1),
      try event("alpha", "order.approved", id: "2", cause: "elsewhere", at: 2),
      try event("x", "a", id: "5", cause: "6", at: 3),
      try event("x", "b", id: "6", cause: "5", at: 4),
      try event("x", "c", id: "7", cause: "7", at: 5),
    ])
    #expect(tree.entries.map(\.depth).filter { $0 == 0 }.count == 4)
    #expect(Set(tree.entries.compactMap { $0.item.id }) == ["1", "2", "5", "6", "7"])
  }

  @Test("A step that has not followed is named with its service")
  func missing() throws {
    let tree = CauseTree([try event("beta", "order.captured", id: "1", at: 1)])
    #expect(tree.missing.map(\.step.service) == ["alpha"])
    #expect(tree.missing.first?.step.types == ["order.approved", "order.rejected"])
  }
}

@Suite("Streams as tables", .timeLimit(.minutes(1)))
struct StreamTableTests {
  private let status = StatusAnswer(
    id: nil, stream: "alpha", epoch: Epoch(7), head: 1200, chain: .zero, floor: 3, lineage: [],
    consumers: [],
    catalogue: Catalogue([PayloadSchema("order.approved", version: 2, leastReader: 1)]))

  @Test("A topic is listed with the ends of its log")
  func topics() {
    let entries = TopicsCommand.entries(in: status)
    #expect(entries.map(\.topic) == ["alpha/order.approved/v2/"])
    #expect(entries.map(\.head) == [1200])
  }

  @Test("Numbers are aligned to the right")
  func aligned() {
    let rows = [["A", "N"], ["long", "7"], ["b", "1,000"]]
    #expect(columns(rows, numbers: 1...1) == ["A         N", "long      7", "b     1,000"])
  }

  @Test("A log is broken before an event that does not continue the one before it")
  func gaps() throws {
    let checker = GapChecker(floors: [:])
    for sequence in [1, 2, 4] as [UInt64] {
      _ = checker.receive(SniffedEvent(try record("beta", sequence)))
    }
    // The sample's chains are zeros, and continue nothing.
    #expect(checker.findings.map(\.gaps) == [[2, 4]])
    #expect(checker.findings.map(\.events) == [3])
    // What is left below the floor does not continue, and need not.
    let pruned = GapChecker(floors: ["beta": 9])
    for sequence in [1, 4, 9] as [UInt64] {
      _ = pruned.receive(SniffedEvent(try record("beta", sequence)))
    }
    #expect(pruned.findings.map(\.gaps) == [[]])
  }
}
