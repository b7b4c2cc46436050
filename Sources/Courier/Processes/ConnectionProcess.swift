import Logging
import ZeroMQ

/// Decides which lines are logged about connections to the bus that were refused or cut.
struct ConnectionProcess: Process {
  enum Input: Sendable {
    case woke
    /// The counts of this process, now.
    case counted(ConnectionCounts)
  }

  enum Action: Hashable, Sendable {
    /// Look at the counts.
    case count
    case log(Line)
  }

  struct Line: Hashable, Sendable {
    let level: Logger.Level
    let text: String
    let action: String
    /// The number since the start of the process.
    let total: UInt64
  }

  static let start = Input.woke
  static let wake = Input.woke

  /// The time between two looks at the counts.
  private static let interval = Duration.seconds(1)
  /// The time between two lines about refusals: a refused peer tries again at once.
  private static let pause = Duration.seconds(10)

  private let limits: ContextLimits
  private var cut: UInt64
  /// The counts at the last line about refusals.
  private var reported: ConnectionCounts
  private var nextReportAt = Duration.zero

  /// - Parameter counts: the counts before the first look.
  init(_ limits: ContextLimits, since counts: ConnectionCounts) {
    self.limits = limits
    cut = counts.cut
    reported = counts
  }

  mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    switch input {
    case .woke: [.wake(at: now + Self.interval), .perform(.count)]
    case .counted(let counts):
      [lineAboutCuts(counts), lineAboutRefusals(counts, at: now)]
        .compactMap { $0.map { .perform(.log($0)) } }
    }
  }

  private mutating func lineAboutCuts(_ counts: ConnectionCounts) -> Line? {
    guard counts.cut > cut else { return nil }
    defer { cut = counts.cut }
    return Line(
      level: .error,
      text: """
        \(counts.cut - cut) connections to the bus were cut: more than \
        \(limits.heapBytes >> 20) MiB were in use (bus.heap). A peer sent messages without an end, \
        or did not read. Followers reconnect
        """, action: "connections-cut", total: counts.cut)
  }

  private mutating func lineAboutRefusals(_ counts: ConnectionCounts, at now: Duration) -> Line? {
    guard counts.refused > reported.refused, now >= nextReportAt else { return nil }
    defer { reported = counts }
    nextReportAt = now + Self.pause
    // The handshake comes after the process is known.
    let isName = counts.refusedForName > reported.refusedForName
    let last =
      isName
      ? nil : counts.lastRefused.map { "; the last came from process \($0.pid) of user \($0.uid)" }
    let refused = counts.refused - reported.refused
    return Line(
      level: .warning,
      text: "\(refused) connections to the bus were refused: \(reason(counts))\(last ?? "")",
      action: "connections-refused", total: counts.refused)
  }

  private func reason(_ counts: ConnectionCounts) -> String {
    if counts.refusedForName > reported.refusedForName {
      "a peer chose a routing id that begins with 0, or uses ZMTP 2"
    } else if counts.refusedForProcess > reported.refusedForProcess {
      "a process may have \(limits.connectionsPerProcess) (bus.connections)"
    } else if counts.refusedForUser > reported.refusedForUser {
      "another user may have half of the descriptors"
    } else if counts.refusedForAddress > reported.refusedForAddress {
      "one address may have half of the descriptors"
    } else {
      "the last descriptors are kept for the service itself (ulimit -n, LimitNOFILE=)"
    }
  }
}
