import Testing

@testable import CommandLineTool

@Suite("The counts and the output of the benchmarks on PostgreSQL", .timeLimit(.minutes(1)))
struct BenchPostgreSQLTests {
  private let latency = Percentiles(p50: 4920, p99: 15_231, max: 20_000)

  @Test("Journals are compared by the medians of their orders/s, and losses of all runs count")
  func journals() throws {
    func runs(_ figures: Double..., lost: Int = 0) -> [OrdersReport] {
      figures.enumerated().map { index, figure in
        OrdersReport(
          customers: 50, orders: 1000, ordersPerSecond: figure, checkoutMicroseconds: latency,
          finalizedMicroseconds: Percentiles(p50: UInt64(index + 1) * 30_000, p99: 0, max: 0),
          cpuPerOrder: [:], flushesPerOrder: 1.25, lost: lost, duplicated: 0)
      }
    }
    var comparison = JournalsComparison(replicasOfEach: 2)
    for (side, reports) in zip(
      JournalsComparison.sides, [runs(895, 873, 900), runs(361, 447, 400), runs(323, 308, lost: 1)])
    {
      comparison[keyPath: side] = reports
    }
    #expect(comparison.lost == 2)
    try expect([comparison.table.description], match: "bench-orders-journals.txt")
    #expect(comparison.jsonLine.contains(#""compared":"journals""#))
  }

  @Test("Takeovers have a median and a maximum, together and for each service")
  func takeovers() throws {
    var times: [Service: LatencyHistogram] = [:]
    for (service, milliseconds) in [
      (Service.alpha, 4900), (.beta, 900), (.charlie, 5300), (.alpha, 1200), (.beta, 700),
    ] {
      times[service, default: LatencyHistogram()].record(UInt64(milliseconds) * 1000)
    }
    func report(restarted: Bool) -> TakeoverReport {
      TakeoverReport(
        kills: 5, restarted: restarted, orders: 60, takeovers: times, lost: 0, duplicated: 1)
    }
    try expect(
      [report(restarted: false).table.description, report(restarted: true).table.title]
        + [report(restarted: true).jsonLine], match: "bench-takeover.txt")
  }

  @Test("The parts of a transaction have a row each")
  func statements() throws {
    let report = StatementsReport(
      count: 1000, statementMicroseconds: Percentiles(p50: 41, p99: 60, max: 1000),
      emptyCommitMicroseconds: latency, eventCommitMicroseconds: latency)
    try expect([report.table.description, report.jsonLine], match: "bench-statements.txt")
  }
}
