import ArgumentParser
import Glibc

/// `eventually bench orders`: the whole system over HTTP.
struct OrdersCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "orders",
    abstract: "Measure orders through the four daemons, over HTTP.",
    usage: "eventually bench orders [<options>]",
    discussion: """
      The four daemons run as under `eventually up`, on free ports, and approve every order. Each \
      customer opens a cart, takes a quote, checks out and waits until the order is finalized, \
      again and again. At the end Alpha must have finalized each order, and Charlie charged it, \
      exactly once. The load generator shares the cores with the daemons.

      EXAMPLES
        eventually bench orders
        eventually bench orders --customers 200 --seconds 30 --json
        eventually bench orders --compare log
        eventually bench orders --compare metrics
        eventually bench orders --postgresql postgresql://postgres@127.0.0.1 --replicas 2
        eventually bench orders --compare journals \\
          --postgresql postgresql://postgres@127.0.0.1
      """)

  @Option(help: ArgumentHelp("The number of customers.", valueName: "n"))
  var customers = 50

  @Option(help: ArgumentHelp("How long new orders begin.", valueName: "s"))
  var seconds = 10.0

  @Option(
    help: ArgumentHelp(
      """
      Run it three times with each kind in turn, and print the ratio of the orders/s: log (info, \
      warning), metrics (on, off), or journals (in files, in PostgreSQL, of two replicas there).
      """, valueName: "setting"))
  var compare: ComparedOrders?

  @Option(
    help: ArgumentHelp(
      "The server of PostgreSQL for the journals, in databases that are removed afterwards.",
      valueName: "url"))
  var postgresql: String?

  @Option(help: ArgumentHelp("The replicas of each service; needs --postgresql.", valueName: "n"))
  var replicas = 1

  @OptionGroup var place: BenchOptions

  func validate() throws {
    guard (1...UpReplicas.limit).contains(replicas), replicas == 1 || postgresql != nil else {
      throw ValidationError(
        "--replicas \(replicas): choose a number from 1 to \(UpReplicas.limit), with --postgresql.")
    }
    guard compare != .journals || postgresql != nil else {
      throw ValidationError("--compare journals: name a server of PostgreSQL with --postgresql.")
    }
    guard (1...10_000).contains(customers) else {
      throw ValidationError("--customers \(customers): choose a number from 1 to 10000.")
    }
    guard (0.1...86_400).contains(seconds) else {
      throw ValidationError("--seconds \(seconds): choose a number from 0.1 to 86400.")
    }
  }

  func perform() async throws {
    switch compare {
    case .setting(let setting): return try await compare(setting)
    case .journals: return try await compareJournals()
    case nil: break
    }
    let bench = self
    let report = try await untilInterrupted {
      try await bench.measure(on: bench.server(replicas: bench.replicas)) { _ in [] }
    }
    Output.data.line(place.json ? report.jsonLine : "\(report.table)\n\(durability)")
    try checkLosses(lost: report.lost, duplicated: report.duplicated)
  }

  /// The durability in a power failure.
  private var durability: String {
    postgresql == nil ? HopReport.durability : UpReplicas.durability
  }

  /// The server of the journals, for a number of replicas; nil for files.
  func server(replicas: Int) -> UpReplicas? {
    postgresql.map { UpReplicas(ofBenchmark: replicas, server: $0) }
  }

  /// One run, with daemons and a folder of its own.
  ///
  /// - Parameters:
  ///   - server: the server of the journals, and the replicas; nil for files.
  ///   - arguments: what each daemon gets beside the settings of every run.
  func measure(
    on server: UpReplicas?, arguments: @escaping @Sendable (Service) -> [String]
  ) async throws -> OrdersReport {
    try await BenchFolder.with(in: place.folder) { folder in
      try await withProcessGroup { group in
        let deployment = try BenchDeployment(
          in: folder, group: group, replicas: server, arguments: arguments)
        defer { deployment.removeDatabases() }
        Output.notes.line("orders: the daemons start")
        return try await deployment.running { clocks in
          try await OrdersBench(deployment: deployment, clocks: clocks)
            .run(customers: customers, seconds: seconds)
        }
      }
    }
  }
}

/// One run of the customers, measured.
struct OrdersBench: Sendable {
  let deployment: BenchDeployment
  /// The CPU clocks of the daemons.
  let clocks: [UpMember: ProcessClock]

  func run(customers: Int, seconds: Double) async throws -> OrdersReport {
    let finalizations = Finalizations()
    let load = OrdersLoad(
      customers: customers, seconds: seconds, betas: try deployment.addresses(.beta),
      finalizations: finalizations)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await finalizations.receive(in: deployment.runs) }
      defer { tasks.cancelAll() }
      Output.notes.line("orders: \(customers.grouped) customers order for \(seconds) s")
      let flushes = DiskFlushes.now
      let before = try cpu()
      let result = try await load.run()
      let after = try cpu()
      let count = Double(max(1, result.orders.count))
      let books = try await OrdersBooks(
        alpha: deployment.client(.alpha), charlie: deployment.client(.charlie))
      return OrdersReport(
        customers: customers, orders: result.orders.count,
        ordersPerSecond: (count / result.seconds).inThousandths,
        checkoutMicroseconds: Percentiles(result.checkout),
        finalizedMicroseconds: Percentiles(result.finalized),
        cpuPerOrder: after.mapValues { $0 * 1000 / count }.merging(before) {
          ($0 - $1 * 1000 / count).inThousandths
        },
        flushesPerOrder: (Double(DiskFlushes.now - flushes) / count).inThousandths,
        lost: max(result.late, books.lost(of: result.orders)),
        duplicated: finalizations.duplicated + books.duplicated(of: result.orders))
    }
  }

  /// The CPU time of each service, and of this process as `load`.
  private func cpu() throws -> [String: Double] {
    var seconds = ["load": try ProcessClock(of: getpid())?.seconds ?? 0]
    for (member, clock) in clocks {
      seconds[member.service.rawValue, default: 0] += try clock.seconds
    }
    return seconds
  }
}

/// The figures of the orders; the JSON of `bench orders`.
struct OrdersReport: Codable, Hashable, Sendable {
  let customers: Int
  let orders: Int
  let ordersPerSecond: Double
  /// From the request to the response.
  let checkoutMicroseconds: Percentiles
  /// From the request of the checkout to the event that the order is finalized.
  let finalizedMicroseconds: Percentiles
  /// CPU time in ms, of each daemon and of the load generator (`load`).
  let cpuPerOrder: [String: Double]
  let flushesPerOrder: Double
  let lost: Int
  let duplicated: Int

  var table: ReportTable {
    var table = ReportTable(
      "orders: \(orders.grouped) orders of \(customers.grouped) customers")
    table.add("orders/s", figure: ordersPerSecond.rounded3, meaning: "finalized")
    table.add(latency: "checkout µs", checkoutMicroseconds)
    table.add(latency: "finalized µs", finalizedMicroseconds)
    let services = Service.allCases.map(\.rawValue)
    let total = services.reduce(0) { $0 + (cpuPerOrder[$1] ?? 0) }
    let each = (services + ["load"]).map { "\($0) \((cpuPerOrder[$0] ?? 0).rounded3)" }
    table.add("CPU ms/order", figure: total.rounded3, meaning: each.joined(separator: ", "))
    table.add(
      "flushes/order", figure: flushesPerOrder.rounded3, meaning: "by all disks of this machine")
    table.add(lost: lost, duplicated: duplicated)
    return table
  }
}
