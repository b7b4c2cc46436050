import Journal
import Logging
import RoomTesting
import Runtime
import ServiceLifecycle
import Testing

@testable import Courier

/// What runs while a process has a role, on two journals of one store.
@Suite(.timeLimit(.minutes(1)))
struct RolesTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private let clock = TestClock()
  private let roles: [Roles]
  private let journals: [ServiceJournal]

  init() throws {
    let store = try MemoryStore()
    let runtime = clock.runtime
    let journals = try ["a", "b"].map { _ in
      try ServiceJournal(.store(store), of: "test", runtime: runtime)
    }
    self.journals = journals
    roles = zip(["a", "b"], journals).map { name, journal in
      Roles(of: name, in: journal, following: [], runtime: runtime, logger: Self.logger)
    }
  }

  /// A group that runs the roles of one process.
  private func group(_ index: Int) -> ServiceGroup {
    ServiceGroup(services: roles[index].services, logger: Self.logger)
  }

  /// Work that reports its begin, and ends when it is cancelled.
  private func work(
    _ role: Role, of roles: Roles, _ began: AsyncStream<Void>.Continuation
  ) async throws {
    try await roles.whileHeld(role) {
      began.yield()
      for await _ in AsyncStream<Void>.makeStream().stream {}
      try Task.checkCancellation()
    }
  }

  @Test func `the only process of a service has every role`() async throws {
    #expect(Roles.all.has(.publish))
    #expect(Roles.all.services.isEmpty)
    try await confirmation { ran in try await Roles.all.whileHeld(.work) { ran() } }
  }

  @Test func `work begins with its role, ends with it, and another goes on after a clean stop`()
    async throws
  {
    let (first, firstBegan) = AsyncStream<Void>.makeStream()
    let (second, secondBegan) = AsyncStream<Void>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      let running = group(0)
      tasks.addTask { try await running.run() }
      tasks.addTask { try await self.work(.upkeep, of: self.roles[0], firstBegan) }
      for await _ in first { break }
      #expect(roles[0].has(.upkeep) && !roles[1].has(.upkeep))
      await running.triggerGracefulShutdown()
      try await tasks.next()
      #expect(!roles[0].has(.upkeep))
      let other = group(1)
      tasks.addTask { try await other.run() }
      tasks.addTask { try await self.work(.upkeep, of: self.roles[1], secondBegan) }
      for await _ in second { break }
      let held = try await journals[0].read { try $0.heldRoles() }
      #expect(!held.isEmpty && held.allSatisfy { $0.replica == "b" })
      tasks.cancelAll()
    }
  }

  @Test func `an error of the work ends the wait, and work that ends is not begun again`()
    async throws
  {
    struct Failed: Error {}
    let running = Task { try await roles[0].run() }
    await #expect(throws: Failed.self) {
      try await roles[0].whileHeld(.work) { throw Failed() }
    }
    try await confirmation { ran in try await roles[0].whileHeld(.work) { ran() } }
    running.cancel()
    try? await running.value
  }
}
