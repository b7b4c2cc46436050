import Events
import Journal
import Runtime
import Synchronization

/// How many events are behind: of this service's log at a follower, or of a followed stream here.
package struct Lag: Hashable, Sendable {
  /// The side that is behind.
  package enum Side: Sendable {
    /// A follower of this service.
    case follower
    /// This service, in a stream that it follows.
    case stream
  }

  let side: Side
  /// The follower, or the stream.
  let name: String
  /// Nil while the publisher's last event is unknown.
  let events: UInt64?
}

/// The largest lag of each of the last minutes, as far as it was looked at.
///
/// It is in memory: the minutes before the start of the process are unknown.
package final class LagHistory: Sendable {
  /// How many minutes it keeps.
  static let minutes: Int64 = 30

  private struct Key: Hashable {
    let side: Lag.Side
    let name: String
  }

  private let lags = Mutex<[Key: [Int64: UInt64]]>([:])

  package init() {}

  /// Keeps what a look has found.
  func add(_ found: [Lag], at minute: Int64) {
    lags.withLock { lags in
      for lag in found {
        guard let events = lag.events else { continue }
        let key = Key(side: lag.side, name: lag.name)
        var known = lags[key, default: [:]].filter { $0.key > minute - Self.minutes }
        known[minute] = max(known[minute] ?? 0, events)
        lags[key] = known
      }
    }
  }

  /// The largest lag of each minute up to one, oldest first; nil where it is unknown.
  func lags(of lag: Lag, until minute: Int64) -> [UInt64?] {
    let known = lags.withLock { $0[Key(side: lag.side, name: lag.name)] } ?? [:]
    return (minute - Self.minutes + 1...minute).map { known[$0] }
  }
}

/// The lag of a follower, or of a stream, in a chart.
package struct LagChart {
  let color: String
  let title: String
  let chart: BarChart

  init(_ lag: Lag, in minutes: [UInt64?]) {
    color = lag.name
    title = lag.name.title
    let subject =
      switch lag.side {
      case .follower: "Lag of \(title)"
      case .stream: "Lag in the stream of \(title)"
      }
    chart = BarChart(
      key: "lag-\(lag.name)", title: "\(subject) in each minute",
      summary: Self.summary(of: minutes, now: lag.events),
      values: minutes.map { $0.map(Double.init) })
  }

  /// The lag in words, without its unit.
  static func summary(of minutes: [UInt64?], now: UInt64?) -> String {
    let known = minutes.compactMap(\.self)
    let present = now.map { "\($0.shown) now" } ?? "Unknown now"
    guard let most = known.max() else { return "\(present)." }
    let span = known.count == 1 ? "in the last minute" : "in \(known.count) minutes"
    let rest = known.count < minutes.count ? ", the others unknown" : ""
    return "\(present), \(most.shown) at most \(span)\(rest)."
  }
}

extension Assembly {
  /// Looks at the lags, and keeps what it has found.
  @discardableResult
  func lookAtLags(in snapshot: Snapshot) throws -> [Lag] {
    let head = try snapshot.head().sequence
    let followers = try snapshot.consumers().map {
      Lag(side: .follower, name: $0.name, events: head - min(head, $0.cursor))
    }
    let streams = try followedStreams(in: snapshot).map {
      Lag(side: .stream, name: $0.name, events: $0.lag)
    }
    lagHistory.add(followers + streams, at: journal.wallClock.minute)
    return followers + streams
  }

  /// The lags of one side in the last minutes, with the present ones.
  package func lagCharts(of side: Lag.Side, in snapshot: Snapshot) throws -> [LagChart] {
    let lags = try lookAtLags(in: snapshot).filter { $0.side == side }
    let minute = journal.wallClock.minute
    return lags.map { LagChart($0, in: lagHistory.lags(of: $0, until: minute)) }
  }
}

extension Timestamp {
  /// The minute since 1970.
  package var minute: Int64 { Int64(microseconds / 60_000_000) }
}
