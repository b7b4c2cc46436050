import Courier
import Journal
import Runtime
import ServiceLifecycle

/// Measures the space on the journal's disk every ten seconds, while no command comes.
struct SpaceWatch: Service {
  let space: FreeSpace
  let journal: ServiceJournal
  let runtime: RuntimeContext

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var driver = Driver(
        LookProcess(every: .seconds(10)), journal: journal, runtime: runtime)
      try await driver.run { _ in
        await space.look()
        return nil
      }
    }
  }
}
