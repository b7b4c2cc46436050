import Courier
import Events
import Foundation
import Journal
import Testing

/// The limits of a log's answers, and the proof of an acknowledgement.
@Suite(.timeLimit(.minutes(1)))
struct LogBoundsTests {
  private let journal: ServiceJournal

  init() throws {
    journal = try ServiceJournal(
      .memory, of: "alpha", expecting: ["beta"], runtime: .machine)
    try journal.write { transaction in
      for number in 1...10 {
        try transaction.emit(Noted(text: "\(number)"), correlation: .beginning(in: .machine))
      }
    }
  }

  @Test func `an acknowledgement with another chain has diverged`() throws {
    let epoch = try journal.look { try $0.head().epoch }
    func chain(at sequence: UInt64) throws -> Chain? {
      try journal.look { try $0.chain(at: sequence) }
    }
    func code(_ chain: Chain?) throws -> Refusal.Code? {
      let acknowledgement = Acknowledgement(
        consumer: "beta", stream: "alpha", epoch: epoch, sequence: 4, chain: chain)
      return try journal.look { try LogServer($0).refusal(of: acknowledgement)?.code }
    }
    #expect(try code(nil) == nil)
    #expect(try code(chain(at: 4)) == nil)
    #expect(try code(chain(at: 5)) == .diverged)
  }

  @Test func `STATUS has the newest 256 histories, and the number of the others`() throws {
    try journal.write { transaction in
      for number in 1...UInt64(9_999) {
        try transaction.run(
          """
          INSERT INTO lineage (epoch, sequence, chain) VALUES (\(Epoch(number)), 0, \(Chain.zero))
          """)
      }
    }
    let reply = try journal.look { try LogServer($0).status(.integer(3)) }
    guard case .status(let status) = reply else {
      Issue.record("there is no answer")
      return
    }
    #expect(status.lineage.map(\.epoch) == (9_744...9_999).map { Epoch($0) })
    #expect(status.olderHistories == 9_744)
    #expect(reply.frames.reduce(0) { $0 + $1.count } < 64 << 10)
  }
}
