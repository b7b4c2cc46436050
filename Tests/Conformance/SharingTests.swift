import Events
import Foundation
import PostgreSQLServer
import Runtime
import Synchronization
import Testing

@testable import Journal

/// The replicas of a service on one database: their names, their roles, and what each learns of the
/// others' commits.
@Suite(
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(1)))
struct SharingTests {
  private let server: PostgreSQLServer
  private let address: String

  init() throws {
    server = try PostgreSQLServer.shared.get()
    address = try server.makeDatabase()
  }

  private func open(
    as replica: String?, at time: UInt64 = 1, expecting consumers: ExpectedConsumers? = nil,
    options: String = ""
  ) throws -> ServiceJournal {
    try .replica(
      replica, at: address + options, expecting: consumers,
      in: RuntimeContext(
        now: { Timestamp(microseconds: time) }, uptime: { .zero },
        random: { .random(in: .min ... .max) }))
  }

  /// Counts what a journal learns of others' commits, and returns when the first one has come.
  private func notices(
    of journal: ServiceJournal, after write: () async throws -> Void
  ) async throws -> (count: Counter, next: AsyncStream<Void>, registration: CommitRegistration) {
    let (noticed, notice) = AsyncStream<Void>.makeStream()
    let count = Counter()
    let registration = journal.onForeignCommit {
      count.add(1)
      notice.yield()
    }
    // Where the session does not listen yet, a commit is assumed as soon as it does.
    try await write()
    for await _ in noticed { break }
    return (count, noticed, registration)
  }

  @Test func `a replica learns of the commits of another, and not of its own`() async throws {
    let first = try open(as: "a")
    let second = try open(as: "b")
    let noticed = try await notices(of: first) { try await second.write { try $0.store("before") } }
    for number in 0..<50 { try await first.write { try $0.store("own \(number)") } }
    try await second.write { try $0.store("after") }
    for await _ in noticed.next { break }
    // One of the session's begin, and one of each commit of the other one.
    #expect(noticed.count.value <= 3)
    withExtendedLifetime(noticed.registration) {}
    try first.close()
    try second.close()
  }

  @Test func `the renewal of roles is no news for others`() async throws {
    let first = try open(as: "a")
    let second = try open(as: "b")
    let noticed = try await notices(of: first) { try await second.write { try $0.store("before") } }
    for _ in 0..<50 {
      try await second.write { _ = try $0.takeRoles([.publish, .upkeep], for: "b") }
    }
    try await second.write { try $0.store("after") }
    for await _ in noticed.next { break }
    #expect(noticed.count.value <= 3)
    withExtendedLifetime(noticed.registration) {}
    try first.close()
    try second.close()
  }

  @Test func `replicas work in a schema whose name needs quotes`() async throws {
    try server.query("CREATE SCHEMA \"A-b\"", in: address)
    let options = "&options=-csearch_path%3D%22A-b%22"
    let first = try open(as: "a", options: options)
    let second = try open(as: "b", options: options)
    let noticed = try await notices(of: first) { try await second.write { try $0.store("one") } }
    #expect(try first.look { try $0.names() } == ["one"])
    withExtendedLifetime(noticed.registration) {}
    try first.close()
    try second.close()
  }

  @Test func `a start removes no consumer that another replica's configuration has`() throws {
    let first = try open(as: "a", expecting: ExpectedConsumers(["overlord", "warehouse"]))
    let second = try open(as: "b", expecting: ExpectedConsumers(["overlord"]))
    #expect(second.registration.removed.isEmpty)
    #expect(try second.look { try $0.consumers() }.map(\.name) == ["overlord", "warehouse"])
    try first.close()
    try second.close()
    let alone = try open(as: nil, expecting: ExpectedConsumers(["overlord"]))
    #expect(alone.registration.removed.map(\.name) == ["warehouse"])
    try alone.close()
  }

  @Test func `a session of the listener that ends is made again, and a commit assumed`()
    async throws
  {
    let first = try open(as: "a")
    let second = try open(as: "b")
    let noticed = try await notices(of: first) { try await second.write { try $0.store("one") } }
    let before = noticed.count.value
    try server.query(
      """
      SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE application_name = 'eventually listener' AND datname = current_database()
      """, in: address)
    try await second.write { try $0.store("two") }
    for await _ in noticed.next where noticed.count.value > before { break }
    withExtendedLifetime(noticed.registration) {}
    try first.close()
    try second.close()
  }

  @Test func `a name is one replica's, and a process alone has no replicas beside it`() throws {
    let replica = try open(as: "a")
    let same = #expect(throws: JournalError.self) { _ = try open(as: "a") }
    #expect(same?.code == .busy)
    #expect("\(same!)".contains("name of its own: a runs already"))
    let alone = #expect(throws: JournalError.self) { _ = try open(as: nil) }
    #expect("\(alone!)".contains("Stop the other daemon"))
    try replica.close()
    let only = try open(as: nil)
    let second = #expect(throws: JournalError.self) { _ = try open(as: "a") }
    #expect("\(second!)".contains("start it as a replica"))
    try only.close()
    try open(as: "b").close()
  }

  @Test func `replicas that start at once begin one history`() async throws {
    for _ in 0..<5 {
      let other = try SharingTests()
      let opened = try await withThrowingTaskGroup(of: ServiceJournal.self) { tasks in
        for name in ["a", "b", "c"] { tasks.addTask { try other.open(as: name) } }
        return try await tasks.reduce(into: []) { $0.append($1) }
      }
      let epochs = try opened.map { try $0.look { try $0.head().epoch } }
      #expect(Set(epochs).count == 1)
      #expect(try server.query("SELECT count(*) FROM lineage", in: other.address) == "1")
      for journal in opened { try journal.close() }
    }
  }

  /// Writes pieces of work to a journal while another replica has the lock: the first one's group waits
  /// for it, and the others come meanwhile.
  private func write(
    _ pieces: [@Sendable (Transaction) throws -> Void], to journal: ServiceJournal,
    beside other: ServiceJournal
  ) async throws {
    let isHeld = DispatchSemaphore(value: 0)
    let isLocked = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      try? other.write { transaction in
        _ = try transaction.names()
        isLocked.signal()
        isHeld.wait()
      }
    }
    try onAnotherThread { isLocked.wait() }
    var writers = [Task { try? await journal.write(pieces[0]) }]
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    try await until {
      try server.query(waiting + " AND datname = current_database()", in: address) == "1"
    }
    for piece in pieces.dropFirst() {
      writers.append(Task { try? await journal.write(piece) })
    }
    await until { journal.waiting == pieces.count - 1 }
    isHeld.signal()
    for writer in writers { await writer.value }
  }

  @Test func `work that comes while another replica has the lock shares one commit`() async throws {
    let first = try open(as: "a")
    let second = try open(as: "b")
    let commits = first.commits()
    try await write(
      (0...10).map { number in { try $0.store("\(number)") } }, to: first, beside: second)
    #expect(await commits.first { _ in true }?.members == 11)
    #expect(try first.look { try $0.names() }.count == 11)
    try first.close()
    try second.close()
  }

  @Test func `after a refusal, work that joins a group runs once`() async throws {
    let first = try open(as: "a")
    let second = try open(as: "b")
    let runs = Counter()
    for round in 1...2 {
      try await write(
        [
          { try $0.store("kept \(round)") },
          { _ in
            runs.add(1)
            throw Refused()
          },
        ], to: first, beside: second)
    }
    // Twice in the first group, and once in the second, which has savepoints.
    #expect(runs.value == 3)
    #expect(try first.look { try $0.names() } == ["kept 1", "kept 2"])
    try first.close()
    try second.close()
  }

  @Test func `roles go by the database's clock, and are free after a clean stop`() throws {
    let now = UInt64(1_800_000_000_000_000)
    let first = try open(as: "a", at: 1)
    let second = try open(as: "b", at: now)
    #expect(try first.writeNow { try $0.takeRoles([.publish], for: "a").own } == [.publish])
    // By its own clock the lease would have ended fifty years ago.
    #expect(try second.writeNow { try $0.takeRoles([.publish], for: "b").own } == [])
    #expect(
      try second.look { try $0.heldRoles() } == [HeldRole(role: "publish", replica: "a")])
    try first.writeNow { try $0.giveUpRoles(of: "a") }
    #expect(try second.writeNow { try $0.takeRoles([.publish], for: "b").own } == [.publish])
    try first.close()
    try second.close()
  }
}
