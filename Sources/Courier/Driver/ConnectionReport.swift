import AsyncAlgorithms
import Logging
import ZeroMQ

/// Logs connections to the bus that were refused or cut, which libzmq does not report.
struct ConnectionReport: Sendable {
  /// Seconds between two lines about refusals: a peer that is refused tries again at once.
  private static let pause = 10

  let limits: ContextLimits
  let logger: Logger

  /// Looks once a second, until its task is cancelled.
  func run() async throws {
    var told = ConnectionCounts.ofThisProcess
    var seconds = Self.pause
    for await _ in AsyncTimerSequence(interval: .seconds(1), clock: .continuous) {
      let now = ConnectionCounts.ofThisProcess
      seconds += 1
      if now.cut > told.cut { tellCut(now.cut - told.cut, of: now.cut) }
      let refused = now.refused - told.refused
      if refused > 0, seconds >= Self.pause {
        seconds = 0
        tellRefused(refused, now: now, since: told)
      } else if refused > 0 {
        continue
      }
      told = now
    }
  }

  private func tellCut(_ count: UInt64, of total: UInt64) {
    logger.error(
      """
      \(count) connections to the bus were cut: more than \(limits.heapBytes >> 20) MiB were in \
      use (bus.heap). A peer sent messages without an end, or did not read. Followers reconnect
      """, metadata: ["event.action": "connections-cut", "labels.total": "\(total)"])
  }

  private func tellRefused(
    _ count: UInt64, now: ConnectionCounts, since told: ConnectionCounts
  ) {
    let isName = now.refusedForName > told.refusedForName
    let reason =
      if isName {
        "a peer chose a routing id that begins with 0, or speaks ZMTP 2"
      } else if now.refusedForProcess > told.refusedForProcess {
        "a process may have \(limits.connectionsPerProcess) (bus.connections)"
      } else if now.refusedForUser > told.refusedForUser {
        "another user may have half of the descriptors"
      } else if now.refusedForAddress > told.refusedForAddress {
        "one address may have half of the descriptors"
      } else {
        "the last descriptors are kept for the service itself (ulimit -n, LimitNOFILE=)"
      }
    // The handshake comes after the moment in which the process is known.
    let last =
      isName
      ? nil : now.lastRefused.map { "; the last came from process \($0.pid) of user \($0.uid)" }
    logger.warning(
      "\(count) connections to the bus were refused: \(reason)\(last ?? "")",
      metadata: [
        "event.action": "connections-refused", "labels.total": "\(now.refused)",
      ])
  }
}
