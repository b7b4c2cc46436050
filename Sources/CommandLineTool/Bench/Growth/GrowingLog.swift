import ArgumentParser
import Glibc

/// A service whose log grows, measured at sizes of which each is ten times the one before.
struct GrowingLog: Sendable {
  /// The events of one measurement, and its repetitions; the median counts.
  private static let measured = 10_000
  private static let repetitions = 3
  /// The events of each transaction that fills the log.
  private static let pageSize = 1000

  private let folder: BenchFolder
  private let producer: HopProducer

  init(in folder: BenchFolder) throws {
    self.folder = folder
    producer = try HopProducer(
      load: try HopLoad.parse(["--writers", "100"]), folder: folder.path)
  }

  /// The cost of publishing at one size of the log.
  struct Step: Codable, Hashable, Sendable {
    let eventsInLog: Int
    let eventsPerSecond: Double
    /// CPU time for 1,000 events, in ms.
    let cpu: Double
    /// The bytes of the journal's files.
    let bytes: Int
  }

  /// The JSON of `bench growth`.
  struct Report: Codable, Hashable, Sendable {
    let steps: [Step]
    /// The CPU time at the last size, divided by that at the first.
    let cpuRatio: Double

    init(steps: [Step]) {
      self.steps = steps
      let first = steps.first?.cpu ?? 0
      cpuRatio = first > 0 ? ((steps.last?.cpu ?? 0) / first).inThousandths : 0
    }

    var table: ReportTable {
      var table = ReportTable("growth: publishing with more and more events in the log")
      for step in steps {
        table.add(
          step.eventsInLog.grouped, figure: "\(step.cpu.rounded3) ms/1000",
          meaning: """
            CPU; \(step.eventsPerSecond.rounded3) events/s, \((step.bytes >> 20).grouped) MiB of \
            files
            """)
      }
      let percent = Int((cpuRatio * 100).rounded())
      table.add("last : first", figure: "\(percent) %", meaning: "of the CPU time")
      return table
    }
  }

  /// - Returns: a step at each size from the smallest to the largest.
  func run(to largest: Int, from smallest: Int) async throws -> Report {
    defer { producer.close() }
    var steps: [Step] = []
    var size = smallest
    while true {
      steps.append(try await step(at: size))
      guard size < largest else { break }
      size = size > largest / 10 ? largest : size * 10
    }
    return Report(steps: steps)
  }

  private func step(at size: Int) async throws -> Step {
    Output.notes.line("growth: the log is filled to \(size.grouped) events")
    try await producer.fill(to: size, by: Self.pageSize)
    var runs: [(seconds: Double, cpu: Double)] = []
    for _ in 0..<Self.repetitions { runs.append(try await measure()) }
    runs.sort { $0.cpu < $1.cpu }
    let median = runs[Self.repetitions / 2]
    return Step(
      eventsInLog: size,
      eventsPerSecond: (Double(Self.measured) / median.seconds).inThousandths,
      cpu: (median.cpu * 1000 / (Double(Self.measured) / 1000)).inThousandths,
      bytes: try folder.bytes)
  }

  /// Publishes the events of one measurement.
  private func measure() async throws -> (seconds: Double, cpu: Double) {
    guard let clock = ProcessClock(of: getpid()) else {
      throw Failure(.refused, "the CPU time of this process cannot be read.")
    }
    let startedAt = monotonicNanoseconds()
    let before = try clock.seconds
    try await producer.publishUnfollowed(Self.measured)
    let seconds = Double(monotonicNanoseconds() - startedAt) / 1e9
    return (seconds, try clock.seconds - before)
  }
}
