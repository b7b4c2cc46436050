import Courier
import ServiceLifecycle

/// Runs a part of a service whenever this process has the role for it among the replicas.
struct HeldService: Service {
  let role: Role
  let roles: Roles
  /// Does the work until the graceful shutdown or the cancellation of its task.
  let work: @Sendable () async throws -> Void

  func run() async throws {
    do {
      try await roles.whileHeld(role, work)
    } catch is CancellationError {}
  }
}
