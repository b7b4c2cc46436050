// The page of health: the panes of all services, the rates, the critical time and the stuck orders.

import Daemon
import Schema

extension OverlordPages {
  var healthRoutes: [Route] {
    [
      .query("/health") { request, snapshot in
        try look.html(try health(in: snapshot, frames: frames(for: request) + [.own]))
      }
    ]
  }

  private func health(in snapshot: Snapshot, frames: [Frame]) throws -> WebPage {
    let now = now()
    let limit = now - Measured.patience
    let count = try snapshot.stuckOrderCount(before: limit)
    let stuck = try snapshot.stuckOrders(before: limit, limit: Measured.stuck)
    var values: [String: Any] = [
      "frames": frames, "rates": try rates(snapshot, at: now), "lags": try lags(snapshot),
      "stuck": stuck.map(StuckRow.init), "isNoneStuck": count == 0, "stuckCount": count.shown,
      "orders": Measured.orders.shown,
    ]
    if count > stuck.count { values["shownStuck"] = stuck.count }
    values["critical"] = try criticalChart(snapshot, at: now)
    var page = try WebPage("health", title: "Health", values: values, in: snapshot)
    page.path = "/health"
    page.news =
      switch count {
      case 0: "No order is stuck."
      case 1: "1 order is stuck."
      default: "\(count.shown) orders are stuck."
      }
    return page
  }

  private func rates(_ snapshot: Snapshot, at now: Timestamp) throws -> [RateChart] {
    let followed = try streams(snapshot)
    return try OverlordRoom.lanes.map { stream in
      let counts = try snapshot.rates(of: stream, until: now.minute)
      let state = followed.first { $0.name == stream }?.state
      return RateChart(
        color: stream, title: stream.title,
        chart: BarChart(
          key: "rate-\(stream)", title: "Events of \(stream.title) in each minute",
          summary: RateChart.summary(of: counts, while: state), unit: "Events per minute. ",
          values: counts.map(Double.init)))
    }
  }

  /// The critical times by minute; nil while no order came to its end.
  private func criticalChart(_ snapshot: Snapshot, at now: Timestamp) throws -> BarChart? {
    let times = try snapshot.criticalTimes(since: now - .seconds(Measured.minutes * 60))
    guard !times.isEmpty else { return nil }
    let byMinute = Dictionary(grouping: times) { $0.finalizedAt.minute }
      .mapValues { $0.map(\.duration).sorted() }
    let minutes = (now.minute - Measured.minutes + 1)...now.minute
    func seconds(_ pick: ([Duration]) -> Duration?) -> [Double] {
      minutes.map { (byMinute[$0].flatMap(pick) ?? .zero) / .seconds(1) }
    }
    let all = times.map(\.duration).sorted()
    return BarChart(
      key: "critical", title: "Critical time of orders by minute",
      summary: """
        \(all.count.shown) orders: half of them took at most \(all.median.shown), the longest \
        \((all.last ?? .zero).shown).
        """, values: seconds(\.last), filled: seconds(\.median))
  }
}

extension [Duration] {
  /// The time that half of them took at most, of sorted ones.
  fileprivate var median: Duration { isEmpty ? .zero : self[(count - 1) / 2] }
}

// MARK: The content of the page

struct RateChart {
  let color: String
  let title: String
  let chart: BarChart

  /// The events of each minute in words; none is unknown while the stream is not received.
  ///
  /// - Parameters:
  ///   - counts: the events of each minute, oldest first.
  ///   - state: the state of following the stream.
  static func summary(of counts: [Int64], while state: String?) -> String {
    let sum = counts.reduce(0, +)
    let last = counts.suffix(2).first ?? 0
    let known =
      "\(sum.shown) in 30 minutes, \(last.shown) in the last whole minute, "
      + "\((counts.max() ?? 0).shown) at most."
    let gap: String
    switch state {
    case "live", "standby": return sum == 0 ? "No events in the last 30 minutes." : known
    case "catchingUp": gap = "Overlord is catching up with the stream."
    default: gap = "Overlord does not receive the stream."
    }
    return sum == 0 ? "Unknown, since \(gap)" : "\(known) There may be more, since \(gap)"
  }
}

private struct StuckRow {
  let row: EventRow
  let service: String
  let title: String
  let types: String

  init(_ order: StuckOrder) {
    row = EventRow(order.last)
    service = order.step.service
    title = order.step.service.title
    types = order.step.types.joined(separator: " or ")
  }
}
