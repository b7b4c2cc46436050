import ArgumentParser

/// `eventually bench catchup`: a consumer that starts after the events are in the log.
struct CatchUpCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "catchup",
    abstract: "Measure a consumer that starts when the events are in the log already.",
    discussion: """
      The producer fills its log first. Then the consumer starts, fetches the log in pages, and \
      stores a row for each event in the transaction of its cursor.

      EXAMPLES
        eventually bench catchup
        eventually bench catchup --events 1000000 --json
      """)

  @Option(help: ArgumentHelp("The number of events in the log.", valueName: "n"))
  var events = 100_000

  @OptionGroup var place: BenchOptions

  func validate() throws {
    guard (1...1_000_000_000).contains(events) else {
      throw ValidationError("--events \(events): choose a number from 1 to 1000000000.")
    }
  }

  func perform() async throws {
    let events = events
    let folder = place.folder
    let report = try await untilInterrupted { try await CatchUp(events: events).run(in: folder) }
    Output.data.line(place.json ? report.jsonLine : "\(report.table)\n\(HopReport.durability)")
    try report.check()
  }
}

/// One run of the catch-up.
struct CatchUp: Sendable {
  let events: Int

  /// The figures of a catch-up; the JSON of `bench catchup`.
  struct Report: Codable, Hashable, Sendable {
    let events: Int
    /// From the consumer's start to its last commit.
    let eventsPerSecond: Double
    let cpu: HopReport.CPU
    let flushesPerThousand: Double
    let lost: Int
    let duplicated: Int

    var table: ReportTable {
      var table = ReportTable("catchup: \(events.grouped) events in the log before the start")
      table.add("events/s", figure: eventsPerSecond.rounded3, meaning: "start to last commit")
      table.add(cpu)
      table.add(flushesPerThousand: flushesPerThousand)
      table.add(lost: lost, duplicated: duplicated)
      return table
    }

    func check() throws(Failure) { try checkLosses(lost: lost, duplicated: duplicated) }
  }

  /// - Parameter parent: where the run makes its folder.
  func run(in parent: String) async throws -> Report {
    try await BenchFolder.with(in: parent) { folder in
      try await withProcessGroup { group in
        let place = ["--events", "\(events)", "--folder", folder.path]
        // Large transactions: filling the log is not measured.
        let load = ["--writers", "4", "--per-transaction", "500"]
        return try await BenchProcess.with(
          [HopService.producer.rawValue] + load + place, in: group
        ) { producer in
          try await fill(producer)
          return try await BenchProcess.with(
            [HopService.consumer.rawValue, "--late"] + place, in: group
          ) { consumer in
            try await measure(producer, consumer: consumer)
          }
        }
      }
    }
  }

  private func fill(_ producer: BenchProcess) async throws {
    Output.notes.line("catchup: the log is filled with \(events.grouped) events")
    let _: BenchState = try await producer.wait(for: "ready")
    try await producer.order(.begin)
    let _: HopProducer.Published = try await producer.wait(for: "published")
  }

  private func measure(_ producer: BenchProcess, consumer: BenchProcess) async throws -> Report {
    let _: BenchState = try await consumer.wait(for: "ready")
    Output.notes.line("catchup: the consumer starts")
    let meter = try HopMeter(producer, consumer: consumer, events: events)
    let startedAt = monotonicNanoseconds()
    try await consumer.order(.begin)
    let applied: HopConsumer.Applied = try await consumer.wait(for: "applied")
    let report = Report(
      events: events,
      eventsPerSecond: meter.eventsPerSecond(from: startedAt, to: applied.endedAt),
      cpu: try meter.cpu, flushesPerThousand: meter.flushesPerThousand, lost: applied.lost,
      duplicated: applied.duplicated)
    if applied.lost == 0 {
      let _: BenchState = try await producer.wait(for: "acknowledged")
      Output.notes.line("catchup: the consumer has acknowledged the last event")
    }
    return report
  }
}
