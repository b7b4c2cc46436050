import Synchronization
import Testing

/// People that use the shop during all faults: customers, clerks and the owner of the settings.
///
/// Each repeats a command until it is answered, with the same Idempotency-Key, like a person that
/// does not know whether it arrived. At the end every request is acknowledged, and ``Accounting``
/// knows the required facts.
final class Load: Sendable {
  /// How many use it at once, and how often.
  struct Shape: Sendable {
    var customers = 3
    var clerks = 2
    /// The pause of each customer between two orders.
    var pause = Duration.milliseconds(100)
    /// The pause of the owner of the settings between two changes.
    var changes = Duration.milliseconds(200)
  }

  private struct State {
    var isOpen = true
    var sent = 0
    var failure: (any Error)?
    var demand = Demand(stories: [], changes: [])
  }

  let shape: Shape
  let deployment: Deployment
  /// The orders that wait for a clerk.
  let captured = AsyncStream.makeStream(of: (Order, Wish).self)
  private let state = Mutex(State())
  private let acknowledgements = Chronicle<Void>()

  fileprivate init(_ deployment: Deployment, _ shape: Shape) {
    self.deployment = deployment
    self.shape = shape
  }

  /// Waits until a number of further commands, of any kind, were acknowledged.
  func progress(_ count: Int = 5) async throws {
    let seen = acknowledgements.all.count
    for index in 0..<count {
      _ = try await acknowledgements.first(after: seen + index, within: .seconds(20)) { true }
    }
  }

  var isOpen: Bool { state.withLock { $0.isOpen } }

  /// How many requests were sent, repeated ones included.
  var sent: Int { state.withLock { $0.sent } }

  func noteSent() { state.withLock { $0.sent += 1 } }

  func noteAcknowledged() { acknowledgements.append(()) }

  func note(_ order: Order, ends outcome: Outcome) {
    state.withLock { $0.demand.stories.append((order, outcome)) }
  }

  /// Returns the next change, which no other person makes, and remembers it when it was made.
  func change(_ make: (Int64) async throws -> SettingsChange) async throws {
    let number = Int64(state.withLock { $0.demand.changes?.count ?? 0 }) + 1
    let change = try await make(number)
    state.withLock { $0.demand.changes?.append(change) }
  }
}

// MARK: Its course

extension Load {
  /// Does one person's work; a failure ends the work of all, and of tasks that wait for progress.
  private func work(_ work: () async throws -> Void) async {
    do {
      try await work()
    } catch {
      state.withLock { state in
        state.isOpen = false
        state.failure = state.failure ?? error
      }
      acknowledgements.end()
    }
  }

  fileprivate func run(_ body: (Load) async throws -> Void) async throws -> Demand {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await withTaskGroup(of: Void.self) { customers in
          for _ in 0..<self.shape.customers {
            customers.addTask { await self.work { try await self.shop() } }
          }
        }
        self.captured.continuation.finish()
      }
      for _ in 0..<shape.clerks { group.addTask { await self.work { try await self.decide() } } }
      group.addTask { await self.work { try await self.changeSettings() } }
      await work { try await body(self) }
      state.withLock { $0.isOpen = false }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    return state.withLock { $0.demand }
  }
}

extension Deployment {
  /// Lets people use the shop while the body does what it likes to the services; then lets them
  /// finish what they have begun, for which all four services must run.
  ///
  /// Alpha approves by hand.
  ///
  /// - Returns: the acknowledged requests.
  func underLoad(
    _ shape: Load.Shape = Load.Shape(), _ body: (Load) async throws -> Void
  ) async throws -> Demand {
    let demand = try await Load(self, shape).run(body)
    try #require(!demand.stories.isEmpty, "there are orders")
    try await finished(demand.stories.map(\.order))
    return demand
  }
}
