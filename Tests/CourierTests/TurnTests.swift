import Courier
import Events
import Foundation
import Journal
import Testing

/// What a message to the log comes to, beside its answer.
struct TurnTests {
  private let journal: ServiceJournal

  init() throws {
    journal = try ServiceJournal(
      .memory, of: "alpha", expecting: ["beta"], surroundings: .machine)
    try say(3)
  }

  private func say(_ count: Int) throws {
    try journal.commit { transaction in
      for _ in 0..<count {
        try transaction.emit(Noted(text: "something"), .beginning(in: .machine))
      }
    }
  }

  /// Runs a turn as a simulation does, in one thread.
  private func answer(_ request: Request) throws -> Reply? {
    var turn = Turn(on: request.frames[...])
    while true {
      switch turn {
      case .answer(let reply): return reply
      case .read(let work): turn = try journal.look(work)
      case .write(let work): turn = try journal.commit(work)
      }
    }
  }

  private func head() throws -> Head { try journal.look { try $0.head() } }

  private func fetch(
    _ consumer: String?, after sequence: UInt64, chain: Chain? = nil, epoch: Epoch? = nil
  ) throws -> Request {
    .fetch(
      Fetch(
        id: .integer(1), consumer: consumer, stream: "alpha", epoch: try epoch ?? head().epoch,
        after: sequence, chain: chain))
  }

  private func code(of reply: Reply?) -> Refusal.Code? {
    if case .error(let refusal)? = reply { refusal.code } else { nil }
  }

  @Test func `a registered consumer that is ahead tells that history is lost`() throws {
    #expect(try code(of: answer(fetch("beta", after: 9))) == .ahead)
    #expect(try head().lost?.contains("beta") == true)
  }

  @Test func `a registered consumer with another chain tells it too`() throws {
    let chain = try #require(Chain([UInt8](repeating: 7, count: 16)))
    #expect(try code(of: answer(fetch("beta", after: 2, chain: chain))) == .diverged)
    #expect(try head().lost != nil)
  }

  @Test func `an acknowledgement of what was never said tells it too`() throws {
    let acknowledgement = Acknowledgement(
      consumer: "beta", stream: "alpha", epoch: try head().epoch, sequence: 4)
    #expect(try code(of: answer(.acknowledge(acknowledgement))) == .ahead)
    #expect(try head().lost != nil)
  }

  @Test func `a stranger's word, and a word of another history, tell nothing`() throws {
    let other = try #require(Epoch(hex: "00000000000000aa"))
    _ = try answer(fetch("stranger", after: 9))
    _ = try answer(fetch(nil, after: 9))
    _ = try answer(fetch("beta", after: 9, epoch: other))
    _ = try answer(
      .acknowledge(
        Acknowledgement(consumer: "stranger", stream: "alpha", epoch: head().epoch, sequence: 9)))
    #expect(try head().lost == nil)
    guard case .events? = try answer(fetch("beta", after: 1)) else {
      Issue.record("a good question has no answer")
      return
    }
  }

  @Test func `whoever has lost history tells no events, and how it stands`() throws {
    var publication = Publication(try head())
    let prefix = Data("alpha/".utf8)
    #expect(publication.subscribed(prefix).count == 1)
    _ = try answer(fetch("beta", after: 9))
    #expect(try answer(fetch("overlord", after: 0)) == nil)
    #expect(try code(of: answer(fetch("beta", after: 9))) == .ahead, "its consumer stays stopped")
    guard case .status? = try answer(.status(nil)) else {
      Issue.record("the status has no answer")
      return
    }
    #expect(publication.publish([], of: try head()) == [])
    #expect(publication.beat() == [])
    #expect(publication.subscribed(prefix) == [])
  }
}
