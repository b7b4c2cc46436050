import ArgumentParser

/// What `bench orders --compare` compares.
enum ComparedOrders: Hashable, Sendable {
  case setting(ComparedSetting)
  case journals
}

extension ComparedOrders: ExpressibleByArgument {
  private static let journalsName = "journals"

  init?(argument: String) {
    if argument == Self.journalsName {
      self = .journals
    } else if let setting = ComparedSetting(rawValue: argument) {
      self = .setting(setting)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] {
    ComparedSetting.allCases.map(\.rawValue) + [journalsName]
  }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// Runs of the orders in one command: with journals in files, in PostgreSQL, and of replicas there.
struct JournalsComparison: Codable, Hashable, Sendable {
  var compared = "journals"
  /// The replicas of each service in the runs of replicas.
  let replicasOfEach: Int
  var files: [OrdersReport] = []
  var postgresql: [OrdersReport] = []
  var replicas: [OrdersReport] = []

  /// The runs, in their order of a round.
  static var sides: [WritableKeyPath<JournalsComparison, [OrdersReport]>] {
    [\.files, \.postgresql, \.replicas]
  }

  init(replicasOfEach: Int) {
    self.replicasOfEach = replicasOfEach
  }

  private var all: [OrdersReport] { files + postgresql + replicas }
  /// The orders of all runs that are not finalized, or not charged.
  var lost: Int { all.map(\.lost).reduce(0, +) }
  /// The orders of all runs that were charged or finalized more than once.
  var duplicated: Int { all.map(\.duplicated).reduce(0, +) }

  /// The report for people.
  var table: ReportTable {
    let orders = all.map(\.orders).reduce(0, +)
    let customers = all.first?.customers ?? 0
    var table = ReportTable(
      """
      orders: \(orders.grouped) orders of \(customers.grouped) customers; journals in files, in \
      PostgreSQL, and of \(replicasOfEach) replicas there
      """)
    let sides = [("files", files), ("postgresql", postgresql), ("replicas", replicas)]
    for (name, reports) in sides {
      let figures = reports.map(\.ordersPerSecond)
      table.add(
        name, figure: figures.median.rounded3,
        meaning: "orders/s, the median of \(figures.map(\.rounded3).joined(separator: "; "))")
    }
    for (name, reports) in sides {
      let times = reports.map { Double($0.finalizedMicroseconds.p50) / 1000 }
      table.add(
        "\(name) ms", figure: times.median.rounded3,
        meaning: "finalized, p50, the median of \(times.map(\.rounded3).joined(separator: "; "))")
    }
    let base = files.map(\.ordersPerSecond).median
    for (name, reports) in sides.dropFirst() {
      let share = base > 0 ? reports.map(\.ordersPerSecond).median / base : 0
      table.add("ratio", figure: "\((share * 100).rounded3) %", meaning: "\(name), of files")
    }
    table.add(lost: lost, duplicated: duplicated)
    return table
  }
}

extension OrdersCommand {
  /// Measures with each kind of journals in turn.
  func compareJournals() async throws {
    let bench = self
    let comparison = try await untilInterrupted {
      let count = max(2, bench.replicas)
      var comparison = JournalsComparison(replicasOfEach: count)
      let servers = [nil, bench.server(replicas: 1), bench.server(replicas: count)]
      for round in 0..<OrdersComparison.rounds {
        // The order changes, so that what changes with time touches all.
        let kinds = Array(zip(JournalsComparison.sides, servers))
        for (side, server) in round.isMultiple(of: 2) ? kinds : kinds.reversed() {
          let kind = server.map { "in PostgreSQL, \($0.names.count) of each service" }
          Output.notes.line("orders: journals \(kind ?? "in files"), run \(round + 1)")
          comparison[keyPath: side].append(try await bench.measure(on: server) { _ in [] })
        }
      }
      return comparison
    }
    let durability = "\(HopReport.durability)\n\(UpReplicas.durability)"
    Output.data.line(place.json ? comparison.jsonLine : "\(comparison.table)\n\(durability)")
    try checkLosses(lost: comparison.lost, duplicated: comparison.duplicated)
  }
}
