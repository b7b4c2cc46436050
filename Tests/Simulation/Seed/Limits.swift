import Courier
import Daemon

/// The limits of the processes in a run: small ones are met by few orders.
struct Limits: Sendable {
  var publishing = PublishingProcess.Limits()
  var upkeep = UpkeepProcess.Settings()

  init(_ random: inout Randomness) {
    publishing.events = random.pick([500, 500, 3, 1])
    publishing.bytes = random.pick([1 << 20, 1 << 20, 2_000])
    upkeep.pruning = .seconds(5)
    upkeep.pieces = random.pick([20, 20, 3])
  }
}
