import Courier
import Daemon

/// The limits of the processes in a run: small ones are met by few orders.
struct Limits: Sendable {
  var publishing = PublishingProcess.Limits()
  var upkeep = UpkeepProcess.Settings()
  /// How many pieces of work share a commit at most.
  let group: Int
  /// How many live events may wait for missing ones.
  let queued: Int

  init(_ random: inout Randomness) {
    publishing.events = random.pick([500, 500, 3, 1])
    publishing.bytes = random.pick([1 << 20, 1 << 20, 2_000])
    upkeep.pruning = .seconds(5)
    upkeep.watching = .seconds(5)
    upkeep.pieces = random.pick([20, 20, 3])
    group = random.pick([512, 128, 2, 1])
    queued = random.pick([4096, 4096, 2, 1])
  }
}
