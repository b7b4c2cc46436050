import Courier
import Events
import Journal
import RoomTesting
import ServiceLifecycle
import Testing

/// Two replicas of a service: two journals on one store, each with a courier of its own, as two
/// processes on one database server have them.
@Suite(.timeLimit(.minutes(1)))
struct ReplicaTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func endpoints(_ stream: String, replica: Int = 1) -> StreamEndpoints {
    StreamEndpoints(
      stream: stream, events: "ipc://\(folder.path)/\(stream)-\(replica).events",
      log: "ipc://\(folder.path)/\(stream)-\(replica).log")
  }

  /// Two replicas on one store.
  private func replicas(of name: String, following others: [String] = []) throws -> [Party] {
    let store = try MemoryStore()
    return try [1, 2].map { number in
      try Party(
        name, at: endpoints(name, replica: number), in: folder, on: store, following: others)
    }
  }

  @Test func `each publishes what the other commits, and a follower of both applies it once`()
    async throws
  {
    let alphas = try replicas(of: "alpha")
    let beta = try Party("beta", at: endpoints("beta"), in: folder, following: ["alpha"])
    let couriers = alphas.map { $0.courier() }
    try await running(beta.courier(following: alphas.map(\.endpoints))) {
      try await running(couriers[1]) {
        try await running(couriers[0]) {
          async let first: Void = alphas[0].publish(1...40)
          async let second: Void = alphas[1].publish(41...80)
          _ = try await (first, second)
          try await beta.applied(80)
        }
        // The second one alone reaches the follower now.
        try await alphas[0].publish(81...100)
        try await beta.applied(100)
      }
    }
    #expect(try beta.texts.compactMap { Int($0) }.sorted() == Array(1...100))
    #expect(try beta.texts.suffix(20) == (81...100).map { "\($0)" })
  }

  @Test func `two replicas of a follower apply each event once`() async throws {
    let alpha = try Party("alpha", at: endpoints("alpha"), in: folder)
    let betas = try replicas(of: "beta", following: ["alpha"])
    try await running(alpha.courier()) {
      try await running(betas[0].courier(following: [alpha.endpoints])) {
        try await running(betas[1].courier(following: [alpha.endpoints])) {
          try await alpha.publish(1...50)
          try await betas[0].journal.commitsAnywhere { snapshot in
            try snapshot.value("SELECT count(*) AS value FROM texts", as: Int.self) == 50
          }
        }
        try await alpha.publish(51...60)
        try await betas[0].applied(60)
      }
    }
    #expect(try betas[1].texts == (1...60).map { "\($0)" })
  }

  @Test
  func `an event that an older replica cannot read is applied by the newer one that follows next`()
    async throws
  {
    let alpha = try Party("alpha", at: endpoints("alpha"), in: folder)
    let store = try MemoryStore()
    let old = try Party("beta", at: endpoints("beta"), in: folder, on: store, following: ["alpha"])
    let new = try Party(
      "beta", at: endpoints("beta", replica: 2), in: folder, on: store,
      reacting: [
        .on(Weighed.self, from: "alpha") { event, transaction in
          try transaction.run("INSERT INTO texts (text) VALUES (\(event.data.text))")
          return .done
        }
      ])
    try await running(alpha.courier()) {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        let first = old.replica("a", following: alpha.endpoints)
        tasks.addTask { try await first.run() }
        try await alpha.journal.write { _ = try $0.emit(Weighed(text: "1")) }
        try await old.journal.commits { try $0.deadLetterCount() == 1 }
        let second = new.replica("b", following: alpha.endpoints)
        tasks.addTask { try await second.run() }
        await first.triggerGracefulShutdown()
        try await tasks.next()
        try await alpha.journal.write { _ = try $0.emit(Weighed(text: "2")) }
        try await new.applied(2)
        await second.triggerGracefulShutdown()
        try await tasks.waitForAll()
      }
    }
    #expect(try new.texts == ["1", "2"])
    #expect(try new.journal.look { try $0.deadLetterCount() } == 0)
  }

  @Test func `the memory of commits ends where another replica has committed between`() async throws
  {
    let alphas = try replicas(of: "alpha")
    _ = alphas[0].journal.takeCommitted()
    for (replica, number) in [(0, 1), (1, 2), (0, 3)] {
      try await alphas[replica].publish(number...number)
    }
    #expect(alphas[0].journal.takeCommitted().records.map(\.header.sequence) == [3])
  }
}

/// The event of the tests' services in a next version, which readers of the first must not apply.
private struct Weighed: Event {
  static let schema = PayloadSchema("thing.noted", version: 2, leastReader: 2)

  var thing = "thing"
  var text: String

  var subject: String { thing }
}

extension ServiceJournal {
  /// Waits for a commit of any replica after which something holds, unless it holds already.
  fileprivate func commitsAnywhere(_ condition: (Snapshot) throws -> Bool) async throws {
    let (commits, commit) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let registrations = [onCommit { commit.yield() }, onForeignCommit { commit.yield() }]
    defer { withExtendedLifetime(registrations) {} }
    if try look(condition) { return }
    for await _ in commits where try look(condition) { return }
    throw CancellationError()
  }
}
