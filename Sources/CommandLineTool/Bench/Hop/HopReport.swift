/// The figures of a hop; the JSON of `bench hop`.
struct HopReport: Codable, Hashable, Sendable {
  /// CPU time, user and system, in ms for 1,000 events.
  struct CPU: Codable, Hashable, Sendable {
    let producer: Double
    let consumer: Double
  }

  /// From the first transaction of the producer to the last commit of the consumer.
  let eventsPerSecond: Double
  let cpu: CPU
  /// The cache flushes of this machine's disks, for 1,000 events.
  let flushesPerThousand: Double
  /// From the start of the transaction that publishes to the reaction.
  let receivedMicroseconds: Percentiles
  /// From the start of the transaction that publishes to the consumer's commit.
  let committedMicroseconds: Percentiles
  let lost: Int
  let duplicated: Int
}

extension HopReport {
  /// The report for people.
  ///
  /// - Parameters:
  ///   - name: the benchmark.
  ///   - load: how the events were published, for the title.
  ///   - events: how many there were.
  ///   - bodyBytes: the bytes of one.
  func table(_ name: String, load: String, events: Int, bodyBytes: Int) -> ReportTable {
    var table = ReportTable(
      "\(name): \(events.grouped) events of \(bodyBytes) bytes; \(load)")
    table.add("events/s", figure: eventsPerSecond.rounded3, meaning: "first publish to last commit")
    table.add(cpu)
    table.add(flushesPerThousand: flushesPerThousand)
    table.add(latency: "received µs", receivedMicroseconds)
    table.add(latency: "committed µs", committedMicroseconds)
    table.add(lost: lost, duplicated: duplicated)
    return table
  }

  /// The durability in a power failure, in every benchmark that commits to files.
  static let durability = """
    Durable: an event is on disk with its row (SQLite WAL, synchronous=FULL) before it is \
    published; an effect is on disk with its cursor before it is acknowledged.
    """

  /// - Throws: 1, when an event was lost or applied twice.
  func check() throws(Failure) { try checkLosses(lost: lost, duplicated: duplicated) }
}

/// - Throws: 1, when an event was lost or applied twice.
func checkLosses(lost: Int, duplicated: Int) throws(Failure) {
  guard lost != 0 || duplicated != 0 else { return }
  throw Failure(
    .refused,
    """
    \(lost.grouped) events were lost and \(duplicated.grouped) were applied twice: both must be 0.
    """)
}

// MARK: Rows that several benchmarks have

extension ReportTable {
  mutating func add(latency name: String, _ percentiles: Percentiles) {
    add(
      name, figure: Int(percentiles.p50).grouped,
      meaning: "p50; p99 \(percentiles.p99.grouped), max \(percentiles.max.grouped)")
  }

  mutating func add(_ cpu: HopReport.CPU) {
    add(
      "CPU ms/1000", figure: (cpu.producer + cpu.consumer).rounded3,
      meaning: "producer \(cpu.producer.rounded3), consumer \(cpu.consumer.rounded3)")
  }

  mutating func add(flushesPerThousand: Double) {
    add(
      "flushes/1000", figure: flushesPerThousand.rounded3, meaning: "by all disks of this machine")
  }

  mutating func add(lost: Int, duplicated: Int) {
    add("lost", figure: lost.grouped)
    add("duplicated", figure: duplicated.grouped)
  }
}
