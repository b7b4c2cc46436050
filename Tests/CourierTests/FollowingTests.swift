import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Testing

/// Two services in one process, over real sockets, with real journals.
@Suite(.timeLimit(.minutes(1)))
struct FollowingTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func parties(
    _ transport: Transport = .ipc, before: @escaping @Sendable () -> Void = {}
  ) async throws -> (alpha: Party, beta: Party) {
    let alpha = try await transport.endpoints(of: "alpha", in: folder)
    let beta = try await transport.endpoints(of: "beta", in: folder)
    return (
      try Party("alpha", at: alpha, in: folder),
      try Party("beta", at: beta, in: folder, following: ["alpha"], before: before)
    )
  }

  private func numbers(_ range: ClosedRange<Int>) -> [String] { range.map(String.init) }

  @Test(arguments: Transport.allCases)
  func `a follower that connects first receives each event once, in order`(transport: Transport)
    async throws
  {
    let (alpha, beta) = try await parties(transport)
    try await running(beta.courier(following: [alpha.endpoints])) {
      try await running(alpha.courier()) {
        try await alpha.publish(1...30)
        try await beta.applied(30)
      }
    }
    #expect(try beta.texts == numbers(1...30))
  }

  @Test(arguments: Transport.allCases)
  func `a follower that joins later reads the log, then live events`(transport: Transport)
    async throws
  {
    let (alpha, beta) = try await parties(transport)
    try await alpha.publish(1...1200, perCommit: 100)
    try await running(alpha.courier()) {
      try await alpha.publish(1201...1210)
      let courier = beta.courier(following: [alpha.endpoints])
      try await running(courier) {
        try await beta.applied(1210)
        await until { courier.subscriptions[0].state == .live }
        #expect(courier.subscriptions[0].isReady)
        try await alpha.publish(1211...1240)
        try await beta.applied(1240)
      }
    }
    #expect(try beta.texts == numbers(1...1240))
    #expect(
      try beta.journal.look { try $0.cursor(of: "alpha") }
        == alpha.journal.look { try $0.head().cursor })
  }

  @Test(arguments: Transport.allCases)
  func `a publisher that goes and comes back loses nothing and repeats nothing`(
    transport: Transport
  ) async throws {
    let (alpha, beta) = try await parties(transport)
    try await running(beta.courier(following: [alpha.endpoints])) {
      var published = 0
      for _ in 1...3 {
        try await running(alpha.courier()) {
          try await alpha.publish(published + 1...published + 10)
          try await beta.applied(published + 5)
        }
        // Committed while no courier runs, and perhaps after some that were not published either.
        try await alpha.publish(published + 11...published + 15)
        published += 15
      }
      try await running(alpha.courier()) { try await beta.applied(published) }
    }
    #expect(try beta.texts == numbers(1...45))
  }

  @Test func `a new process on the same files goes on`() async throws {
    let alpha = try await Transport.ipc.endpoints(of: "alpha", in: folder)
    let beta = try await Transport.ipc.endpoints(of: "beta", in: folder)
    var texts: [String] = []
    for start in 0..<3 {
      let publisher = try Party("alpha", at: alpha, in: folder)
      let follower = try Party("beta", at: beta, in: folder, following: ["alpha"])
      try await running(publisher.courier()) {
        try await running(follower.courier(following: [alpha])) {
          try await publisher.publish(start * 10 + 1...start * 10 + 10)
          try await follower.applied(start * 10 + 10)
        }
      }
      texts = try follower.texts
      try publisher.journal.close()
      try follower.journal.close()
    }
    #expect(texts == numbers(1...30))
  }

  @Test func `services follow each other`() async throws {
    let alpha = try await Transport.ipc.endpoints(of: "alpha", in: folder)
    let beta = try await Transport.ipc.endpoints(of: "beta", in: folder)
    let first = try Party("alpha", at: alpha, in: folder, following: ["beta"])
    let second = try Party("beta", at: beta, in: folder, following: ["alpha"])
    try await running(first.courier(following: [beta])) {
      try await running(second.courier(following: [alpha])) {
        async let one: Void = first.publish(1...20)
        async let two: Void = second.publish(101...120)
        _ = try await (one, two)
        try await first.applied(20)
        try await second.applied(20)
      }
    }
    #expect(try first.texts == numbers(101...120))
    #expect(try second.texts == numbers(1...20))
  }

  /// All queues on the way hold some 31,000 events, so that some of these must be dropped.
  @Test func `forty thousand events pass a follower that was held up`() async throws {
    let gate = Gate()
    let (alpha, beta) = try await parties(before: { gate.pass() })
    let following = beta.courier(following: [alpha.endpoints])
    try await running(alpha.courier()) {
      try await running(following) {
        try await alpha.publish(1...40_000, perCommit: 500)
        gate.open()
        try await beta.applied(40_000)
      }
    }
    #expect(try beta.texts == numbers(1...40_000))
    // Events that were dropped while it was held up show as gaps, and came out of the log.
    let counts = following.subscriptions[0].counts
    #expect(counts.recovered > 0 && counts.recovered <= 40_000)
  }

  @Test func `applied events are acknowledged, and the publisher shows it`() async throws {
    let (alpha, beta) = try await parties()
    try await running(alpha.courier()) {
      try await running(beta.courier(following: [alpha.endpoints])) {
        try await alpha.publish(1...7)
        try await alpha.journal.commits { try $0.consumers().first?.cursor == 7 }
      }
    }
    let consumers = try alpha.journal.look { try $0.consumers() }
    #expect(consumers.map(\.name) == ["beta"])
    #expect(consumers.allSatisfy { $0.seenAt != nil })
  }

  @Test func `without a publisher a service is ready, and reports that it is away`()
    async throws
  {
    let (alpha, beta) = try await parties()
    let courier = beta.courier(following: [alpha.endpoints])
    #expect(courier.subscriptions.map(\.isReady) == [false])
    try await running(courier) { await until { courier.subscriptions[0].isReady } }
    #expect(courier.subscriptions.map(\.state) == [.away])
  }

  @Test func `another log in the publisher's place stops the follower, and changes nothing`()
    async throws
  {
    let (alpha, beta) = try await parties()
    let other = try TemporaryFolder()
    let impostor = try Party("alpha", at: alpha.endpoints, in: other)
    try await impostor.publish(101...120)
    let courier = beta.courier(following: [alpha.endpoints])
    try await running(courier) {
      try await running(alpha.courier()) {
        try await alpha.publish(1...5)
        try await beta.applied(5)
      }
      try await running(impostor.courier()) {
        await until { courier.subscriptions[0].state == .stopped }
        try await impostor.publish(121...125)
      }
    }
    #expect(courier.subscriptions[0].reason?.contains("epoch") == true)
    #expect(try beta.texts == numbers(1...5))
  }
}
