import Courier
import Runtime
import ServiceLifecycle

/// Looks once a second how far the followers are behind, for the charts of the pages of health.
struct LagWatch: Service {
  let assembly: Assembly
  let runtime: RuntimeContext

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var driver = Driver(
        LookProcess(every: .seconds(1)), journal: assembly.journal, runtime: runtime)
      try await driver.run { [assembly] _ in
        // A minute in which the journal cannot be read stays unknown.
        _ = try? await assembly.journal.read { try assembly.lookAtLags(in: $0) }
        return nil
      }
    }
  }
}
