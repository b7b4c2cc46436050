/// A setting of the daemons whose cost `bench orders --compare` measures.
enum ComparedSetting: String, CaseIterable, Codable, Sendable {
  /// Lines of each order in the log: the level info beside the level warning.
  case log
  /// Metrics, counted and served, beside none.
  case metrics

  /// The key of the configuration below the service, and its value with the cost and without it.
  private var values: (key: String, on: String, off: String) {
    switch self {
    case .log: ("log-level", "info", "warning")
    case .metrics: ("metrics", "true", "false")
    }
  }

  /// The arguments of a daemon.
  func arguments(of service: Service, isOn: Bool) -> [String] {
    ["--\(service)-\(values.key)", isOn ? values.on : values.off]
  }

  /// The two sides, as a title names them.
  var sides: String {
    switch self {
    case .log: "logs at info beside logs at warning"
    case .metrics: "with metrics beside without metrics"
    }
  }
}

/// Runs of the orders in one command: with a setting on and off, in turn.
struct OrdersComparison: Codable, Hashable, Sendable {
  /// The runs of each kind.
  static let rounds = 3

  let compared: ComparedSetting
  let on: [OrdersReport]
  let off: [OrdersReport]
  /// The median of the orders/s with the setting on, as a part of that with it off.
  let ratio: Double

  init(_ compared: ComparedSetting, on: [OrdersReport], off: [OrdersReport]) {
    self.compared = compared
    self.on = on
    self.off = off
    let base = off.map(\.ordersPerSecond).median
    ratio = base > 0 ? (on.map(\.ordersPerSecond).median / base).inThousandths : 0
  }

  /// The orders of all runs that are not finalized, or not charged.
  var lost: Int { (on + off).map(\.lost).reduce(0, +) }
  /// The orders of all runs that were charged or finalized more than once.
  var duplicated: Int { (on + off).map(\.duplicated).reduce(0, +) }

  /// The report for people.
  var table: ReportTable {
    let orders = (on + off).map(\.orders).reduce(0, +)
    let customers = on.first?.customers ?? 0
    var table = ReportTable(
      "orders: \(orders.grouped) orders of \(customers.grouped) customers; \(compared.sides)")
    for (name, reports) in [("\(compared) on", on), ("\(compared) off", off)] {
      let figures = reports.map(\.ordersPerSecond)
      table.add(
        name, figure: figures.median.rounded3,
        meaning: "orders/s, the median of \(figures.map(\.rounded3).joined(separator: "; "))")
    }
    table.add(
      "ratio", figure: "\((ratio * 100).rounded3) %", meaning: "\(compared) on, of \(compared) off")
    table.add(lost: lost, duplicated: duplicated)
    return table
  }
}

extension OrdersCommand {
  /// Measures with the setting on and off in turn, and prints the ratio.
  func compare(_ setting: ComparedSetting) async throws {
    let bench = self
    let comparison = try await untilInterrupted {
      var reports: [Bool: [OrdersReport]] = [:]
      for round in 0..<OrdersComparison.rounds {
        // The order changes, so that what changes with time touches both.
        for isOn in round.isMultiple(of: 2) ? [false, true] : [true, false] {
          Output.notes.line("orders: \(setting) \(isOn ? "on" : "off"), run \(round + 1)")
          let report = try await bench.measure(on: bench.server(replicas: bench.replicas)) {
            setting.arguments(of: $0, isOn: isOn)
          }
          reports[isOn, default: []].append(report)
        }
      }
      return OrdersComparison(setting, on: reports[true] ?? [], off: reports[false] ?? [])
    }
    Output.data.line(
      place.json ? comparison.jsonLine : "\(comparison.table)\n\(HopReport.durability)")
    try checkLosses(lost: comparison.lost, duplicated: comparison.duplicated)
  }
}
