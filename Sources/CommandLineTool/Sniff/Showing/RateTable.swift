import Daemon
import Events
import Runtime
import Synchronization

/// How many events of each topic come, and how late: a table that is written anew every second.
final class RateTable: EventSink {
  private struct Row {
    var events = 0
    var bytes = 0
    /// The delays from commit to here of the last second, in microseconds.
    var delays: [UInt64] = []
    var total = 0
  }

  private let selection: EventSelection
  private let now: @Sendable () -> Timestamp
  private let rows = Mutex<[String: Row]>([:])

  init(
    _ selection: EventSelection,
    now: @escaping @Sendable () -> Timestamp = { RuntimeContext.system.now() }
  ) {
    self.selection = selection
    self.now = now
  }

  func receive(_ event: SniffedEvent) -> SinkOutcome {
    guard selection.includes(event) else { return .more }
    let record = event.record
    let delay = now().since(record.header.committedAt)
    rows.withLock { rows in
      var row = rows[record.topic.description] ?? Row()
      row.events += 1
      row.total += 1
      row.bytes += record.size
      row.delays.append(UInt64(delay / .microseconds(1)))
      rows[record.topic.description] = row
    }
    return .more
  }

  /// Listens, and writes the table every second.
  func show(_ sources: SniffSources, _ plan: EventReading.Plan, timeout: Duration?) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { [self] in
        var lines = 0
        while true {
          await Latch().wait(atMost: .seconds(1))
          try Task.checkCancellation()
          // In place: the cursor goes back to the table's first line.
          let isInPlace = Output.data.isTerminal && lines > 0
          let table = takeTable()
          Output.data.line(
            (isInPlace ? "\u{1b}[\(lines)A\u{1b}[J" : "") + table.joined(separator: "\n"))
          lines = table.count
        }
      }
      tasks.addTask { [self] in
        try await Sniff(sources: sources, plan: plan, sink: self, timeout: timeout).run()
      }
      defer { tasks.cancelAll() }
      try await tasks.next()
      // The last part of a second.
      Output.data.line(takeTable().joined(separator: "\n"))
    }
  }

  /// The table since the last one was taken.
  func takeTable() -> [String] {
    let taken = rows.withLock { rows in
      defer { rows = rows.mapValues { Row(total: $0.total) } }
      return rows
    }
    let heading = Self.line(
      "topic", ["events/s", "bytes/s", "p50 ms", "p99 ms", "events"])
    return [heading]
      + taken.sorted { $0.key < $1.key }.map { topic, row in
        let delays = row.delays.sorted()
        let times = [0.5, 0.99].map { share in
          delays.isEmpty ? "-" : Self.milliseconds(delays[Int(Double(delays.count - 1) * share)])
        }
        return Self.line(
          topic, [row.events.grouped, row.bytes.grouped] + times + [row.total.grouped])
      }
  }

  private static func milliseconds(_ microseconds: UInt64) -> String {
    (Double(microseconds) / 1000).rounded3
  }

  private static func line(_ topic: String, _ figures: [String]) -> String {
    topic.escapedForTerminal.padded(to: 32)
      + figures.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
  }
}
