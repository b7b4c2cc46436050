import Charlie
import Daemon

extension Service {
  /// Puts the real service together; only Charlie's gateway is the simulation's own.
  ///
  /// - Parameter isOldBuild: whether it is the build from before the newest versions.
  func compose(_ shell: Shell, asking gateway: EmbeddedGateway, isOldBuild: Bool) throws -> Assembly
  {
    switch self {
    case .alpha where isOldBuild: try OldAlphaRoom.compose(shell)
    case .charlie: try CharlieRoom.compose(shell, asking: gateway)
    default: try room.compose(shell)
    }
  }
}

extension World {
  /// For how long logs keep events for Overlord at most.
  var patience: Duration { .seconds(60) }
}
