import Events
import Foundation
import Testing

@testable import CommandLineTool

@Suite("What the benchmarks count and print")
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
}
