import ArgumentParser
import Events
import Foundation
import Testing

@testable import CommandLineTool

@Suite("The counts and the output of the benchmarks", .timeLimit(.minutes(1)))
struct BenchTests {
  @Test(
    "A percentile is exact up to 2,047, and at most 0.1 % above the value from there on",
    arguments: [1, 50, 99, 99.9, 100])
  func percentiles(_ percent: Double) {
    for factor: UInt64 in [1, 7, 1000, 1_000_003] {
      var histogram = LatencyHistogram()
      for value in 1...1000 as ClosedRange<UInt64> { histogram.record(value * factor) }
      let exact = UInt64((percent * 10).rounded(.up)) * factor
      let found = histogram.percentile(percent)
      #expect(found >= exact)
      #expect(found - exact <= (exact < 2048 ? 0 : exact / 1000), "\(factor)")
      #expect(histogram.max == 1000 * factor)
    }
  }

  @Test("A histogram without values has percentiles of 0, and the largest value has a bucket")
  func extremes() {
    var histogram = LatencyHistogram()
    #expect(Percentiles(histogram) == Percentiles(p50: 0, p99: 0, max: 0))
    histogram.record(.max)
    histogram.record(0)
    #expect(histogram.percentile(50) == 0)
    #expect(histogram.percentile(51) == .max)
  }

  @Test("Merged histograms have the percentiles of all values")
  func merging() {
    var all = LatencyHistogram()
    var parts = [LatencyHistogram(), LatencyHistogram()]
    for value in (0..<500).map({ UInt64($0 * $0) }) {
      all.record(value)
      parts[value % 3 == 0 ? 0 : 1].record(value)
    }
    parts[0].merge(parts[1])
    #expect(parts[0] == all)
  }

  @Test("The numbers of a table are grouped, and short ones have a digit after the point")
  func numbers() {
    #expect(
      [0, 12, 999, 1000, -1_234_567].map(\.grouped) == ["0", "12", "999", "1,000", "-1,234,567"])
    #expect(
      [0.04, -0.5, 7.25, 99.94, 100.4, 123_456.7].map(\.rounded3)
        == ["0.0", "-0.5", "7.3", "99.9", "100", "123,457"])
  }

  @Test("The 16th field of a disk's statistics counts its flushes, and older kernels have none")
  func flushes() {
    let line = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"
    #expect(DiskFlushes.flushes(in: "  \(line) 77 16\n") == 77)
    #expect(DiskFlushes.flushes(in: "\(line)\n") == 0)
  }

  private let report = HopReport(
    eventsPerSecond: 34_210.5, cpu: HopReport.CPU(producer: 12.34, consumer: 101.2),
    flushesPerThousand: 11.9,
    receivedMicroseconds: Percentiles(p50: 5120, p99: 15_231, max: 20_000),
    committedMicroseconds: Percentiles(p50: 812, p99: 1004, max: 1_200_000), lost: 0,
    duplicated: 2)

  @Test("The report of a hop has the fields that the comparison reads")
  func fields() throws {
    let numbers = #""max":20000,"p50":5120,"p99":15231"#
    #expect(
      report.jsonLine == """
        {"committedMicroseconds":{"max":1200000,"p50":812,"p99":1004},\
        "cpu":{"consumer":101.2,"producer":12.34},"duplicated":2,"eventsPerSecond":34210.5,\
        "flushesPerThousand":11.9,"lost":0,"receivedMicroseconds":{\(numbers)}}
        """)
  }

  @Test("The report of a hop for people")
  func table() throws {
    let load = try HopLoad.parse(["--writers", "64", "--per-transaction", "10"])
    let table = report.table("hop", load: load.description, events: 20_000, bodyBytes: 498)
    try expect([table.description, HopReport.durability], match: "bench-hop.txt")
  }

  @Test("Hops are compared by the medians of their events/s")
  func comparison() throws {
    func hops(_ figures: Double...) -> [HopReport] {
      figures.map { figure in
        HopReport(
          eventsPerSecond: figure, cpu: report.cpu, flushesPerThousand: 11.9,
          receivedMicroseconds: report.receivedMicroseconds,
          committedMicroseconds: report.committedMicroseconds, lost: 0, duplicated: 0)
      }
    }
    let comparison = HopComparison(
      alone: hops(2000, 100, 9000), besideStopped: hops(1960, 8000, 200))
    #expect(comparison.ratio == 0.98)
    let load = try HopLoad.parse(["--events", "20", "--writers", "2"])
    #expect(
      comparison.table(load: load, bodyBytes: 498).description == """
        hop: 20 events of 498 bytes; 2 writers, 1 event in each transaction
          alone        2,000  events/s, the median of 2,000; 100; 9,000
          beside       1,960  events/s, the median of 1,960; 8,000; 200
          ratio       98.0 %  beside a stopped subscriber, of that alone
          lost             0
          duplicated       0
        """)
  }

  @Test("Orders are compared by the medians of their orders/s, and losses of all runs count")
  func ordersComparison() throws {
    func runs(_ figures: Double..., lost: Int = 0) -> [OrdersReport] {
      figures.map { figure in
        OrdersReport(
          customers: 50, orders: 1000, ordersPerSecond: figure,
          checkoutMicroseconds: report.receivedMicroseconds,
          finalizedMicroseconds: report.committedMicroseconds, cpuPerOrder: [:],
          flushesPerOrder: 1.25, lost: lost, duplicated: 0)
      }
    }
    let comparison = OrdersComparison(
      .log, on: runs(850, 10, 900, lost: 1), off: runs(1000, 8000, 20))
    #expect(comparison.ratio == 0.85)
    #expect(comparison.lost == 3)
    try expect([comparison.table.description], match: "bench-orders-compare.txt")
    #expect(
      ComparedSetting.allCases.flatMap { setting in
        [true, false].map { setting.arguments(of: .beta, isOn: $0).joined(separator: " ") }
      } == [
        "--beta-log-level info", "--beta-log-level warning", "--beta-metrics true",
        "--beta-metrics false",
      ])
  }

  @Test("A lost or duplicated event fails the benchmark")
  func losses() {
    let error = #expect(throws: Failure.self) { try report.check() }
    #expect(error?.status == .refused)
  }

  @Test("A load becomes the arguments of another process")
  func load() throws {
    let arguments = [
      "--events", "20", "--writers", "3", "--per-transaction", "4", "--rate", "5",
    ]
    #expect(try HopLoad.parse(arguments).arguments == arguments)
  }

  @Test("The reports of the other benchmarks for people")
  func tables() throws {
    let cpu = HopReport.CPU(producer: 12.5, consumer: 51.5)
    let latency = Percentiles(p50: 5120, p99: 15_231, max: 20_000)
    let catchUp = CatchUp.Report(
      events: 100_000, eventsPerSecond: 9506, cpu: cpu, flushesPerThousand: 15.5, lost: 0,
      duplicated: 0)
    let growth = GrowingLog.Report(steps: [
      GrowingLog.Step(eventsInLog: 10_000, eventsPerSecond: 9132, cpu: 60, bytes: 30 << 20),
      GrowingLog.Step(
        eventsInLog: 10_000_000, eventsPerSecond: 8916.5, cpu: 66, bytes: 7 << 30),
    ])
    let orders = OrdersReport(
      customers: 50, orders: 1234, ordersPerSecond: 123.4, checkoutMicroseconds: latency,
      finalizedMicroseconds: latency,
      cpuPerOrder: ["alpha": 8.1, "beta": 14.2, "charlie": 9, "overlord": 9.1, "load": 0.5],
      flushesPerOrder: 1.25, lost: 1, duplicated: 0)
    let bare = WireRun(
      messages: 1000, seconds: 0.002, cpuSeconds: 0.0013, lost: 0, duplicated: 0)
    let binding = WireRun(
      messages: 1000, seconds: 0.005, cpuSeconds: 0.003, lost: 0, duplicated: 1)
    let wire = WireReport(messages: 1000, bare: [bare], binding: [binding])
    let tables = [catchUp.table, growth.table, orders.table, wire.table]
    try expect(tables.map(\.description), match: "bench-tables.txt")
  }

  @Test("An order is lost without its charge, and duplicated with two or without a customer")
  func books() {
    let books = OrdersBooks(
      states: ["a": "finalized", "b": "finalized", "c": "charged", "d": "finalized"],
      charges: ["a": 1, "b": 2, "c": 1])
    #expect(books.lost(of: ["a"]) == 0)
    #expect(books.lost(of: ["a", "b", "c", "d", "e"]) == 3)
    #expect(books.duplicated(of: ["a", "b", "c", "d"]) == 1)
    #expect(books.duplicated(of: ["a", "b", "c"]) == 2)
    #expect(books.duplicated(of: ["a", "a", "b", "c", "d"]) == 2)
  }

  @Test("A customer waits for its order, whenever the event comes", .timeLimit(.minutes(1)))
  func finalizations() async {
    let finalizations = Finalizations()
    let event = Data(#"{"id":"1","subject":"a"}"#.utf8)
    async let early = finalizations.wait(for: "a")
    finalizations.take(event)
    #expect(await early)
    #expect(await finalizations.wait(for: "a"))
    async let late = finalizations.wait(for: "b")
    finalizations.giveUp()
    #expect(await !late)
    #expect(await !finalizations.wait(for: "c"))
    #expect(finalizations.duplicated == 0)
    finalizations.take(event)
    #expect(finalizations.duplicated == 1)
  }

  @Test("A plot has a mark for each number of writers, and a scale of 1, 2 or 5")
  func plot() throws {
    let plot = ThroughputPlot(
      title: "Durable events",
      points: [
        .init(writers: 1, eventsPerSecond: 812.5), .init(writers: 16, eventsPerSecond: 9800),
        .init(writers: 1000, eventsPerSecond: 12_912),
      ])
    #expect(plot.top == 20_000)
    try expect([plot.svg], match: "bench-plot.svg")
  }

  @Test(
    "An impossible argument is refused",
    arguments: [
      "hop --events 0", "hop --writers 0", "hop --rate 0", "hop --plot a.svg --rate 10",
      "catchup --events -1", "growth --events 9999", "orders --customers 0", "orders --seconds 0",
      "orders --compare nothing", "orders --compare journals", "takeover",
      "takeover --postgresql postgresql://h --kills 0",
      "takeover --postgresql postgresql://h --replicas 1", "statements",
      "statements --postgresql postgresql://h --count 0",
      "wire --rounds 0", "wire --messages many", "journal",
    ])
  func usage(_ line: String) {
    let words = ["bench"] + line.split(separator: " ").map(String.init)
    let error = #expect(throws: (any Error).self) { try Eventually.parseAsRoot(words) }
    #expect(error.map { Eventually.exitCode(for: $0).rawValue } == 64)
  }
}
