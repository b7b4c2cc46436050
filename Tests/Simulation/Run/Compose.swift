import Charlie
import Daemon
import Journal

extension Service {
  /// Puts the real service together; only Charlie's gateway is the simulation's own.
  func compose(_ shell: Shell, asking gateway: EmbeddedGateway) throws -> Assembly {
    switch self {
    case .charlie: try CharlieRoom.compose(shell, asking: gateway)
    default: try room.compose(shell)
    }
  }
}

extension World {
  /// How long logs keep their events in this run.
  var retention: Retention {
    Retention(
      age: .microseconds(Int64(plan.keepFor)), forever: ["settings.changed"],
      watchers: ["overlord": .seconds(60)])
  }
}
