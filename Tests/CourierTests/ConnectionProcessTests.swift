import Testing

@testable import Courier
@testable import ZeroMQ

/// Counts in, lines out.
@Suite(.timeLimit(.minutes(1)))
struct ConnectionProcessTests {
  private var process = ConnectionProcess(ContextLimits(), since: counts())

  private static func counts(process: UInt64 = 0, name: UInt64 = 0, cut: UInt64 = 0)
    -> ConnectionCounts
  {
    ConnectionCounts(
      refusedForProcess: process, refusedForUser: 0, refusedForAddress: 0, refusedForReserve: 0,
      refusedForName: name, cut: cut, lastRefused: Peer(uid: 7, gid: 7, pid: 42))
  }

  private mutating func lines(_ counts: ConnectionCounts, at second: Int) -> [String] {
    process.handle(.counted(counts), at: .seconds(second)) { 0 }.compactMap { effect in
      if case .perform(.log(let line)) = effect { line.text } else { nil }
    }
  }

  @Test mutating func `it looks once a second`() {
    let effects = process.handle(.woke, at: .seconds(5)) { 0 }
    guard effects.count == 2, case .wake(.seconds(6)) = effects[0],
      case .perform(.count) = effects[1]
    else {
      Issue.record("\(effects)")
      return
    }
  }

  @Test mutating func `without a refusal and a cut there is no line`() {
    #expect(lines(Self.counts(), at: 1) == [])
  }

  @Test mutating func `refusals are logged every ten seconds at most, with their number`() throws {
    let first = try #require(lines(Self.counts(process: 2), at: 1).first)
    #expect(first.hasPrefix("2 connections to the bus were refused: a process may have"))
    #expect(first.hasSuffix("the last came from process 42 of user 7"))
    #expect(lines(Self.counts(process: 3), at: 2) == [])
    #expect(lines(Self.counts(process: 5), at: 10) == [])
    let next = try #require(lines(Self.counts(process: 6), at: 11).first)
    #expect(next.hasPrefix("4 connections"))
  }

  @Test mutating func `a refusal for a name has no process`() throws {
    let line = try #require(lines(Self.counts(name: 1), at: 1).first)
    #expect(line.hasSuffix("a peer chose a routing id that begins with 0, or uses ZMTP 2"))
  }

  @Test mutating func `cuts are logged at once, and once, while refusals wait for their line`() {
    _ = lines(Self.counts(process: 1), at: 1)
    #expect(
      lines(Self.counts(process: 2, cut: 3), at: 2).map { $0.prefix(13) } == ["3 connections"])
    #expect(lines(Self.counts(process: 2, cut: 3), at: 3) == [])
  }
}
