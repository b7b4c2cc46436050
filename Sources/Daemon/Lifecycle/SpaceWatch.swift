import Courier
import Journal
import Runtime
import ServiceLifecycle

/// Measures the space on the journal's disk while no command comes.
struct SpaceWatch: Service {
  let space: FreeSpace
  let journal: ServiceJournal
  let runtime: RuntimeContext

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var driver = Driver(SpaceProcess(), journal: journal, runtime: runtime)
      try await driver.run { _ in
        await space.look()
        return nil
      }
    }
  }
}

/// Decides when the space is measured: at the start, and every ten seconds.
struct SpaceProcess: Process {
  enum Input: Sendable {
    case woke
  }

  enum Action: Hashable, Sendable {
    case measure
  }

  static let start = Input.woke
  static let wake = Input.woke
  static let interval = Duration.seconds(10)

  mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    [.wake(at: now + Self.interval), .perform(.measure)]
  }
}
