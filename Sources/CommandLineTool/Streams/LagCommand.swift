import ArgumentParser
import Courier
import Daemon
import Events
import Journal
import Runtime

/// `eventually lag`: how far each consumer of each stream is behind.
struct LagCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "lag",
    abstract: "Show how many events each consumer is behind each stream.",
    usage: "eventually lag [<options>]",
    discussion: """
      The streams' publishers are asked. A consumer acknowledges what it has applied durably.

      The exit code is 0; 1 with --max when a consumer is further behind; 69 when no log answers.

      EXAMPLES
        eventually lag
        eventually lag --service alpha --max 1000 --json
      """)

  @Option(help: ArgumentHelp("End with 1 when a consumer is further behind.", valueName: "events"))
  var max: UInt64?

  @Flag(help: "Print a JSON object for each consumer on a line.")
  var json = false

  @OptionGroup(title: "Where to ask") var source: SourceOptions

  /// One consumer of one stream.
  struct Lag: Encodable, Hashable, Sendable {
    let stream: String
    let consumer: String
    let head: UInt64
    let cursor: UInt64
    let lag: UInt64
    let seenAt: Timestamp?
  }

  func perform() async throws {
    let lags = try await StreamStatus.read(source.sources()).flatMap { Self.lags(in: $0) }
    if json {
      for lag in lags { Output.data.line(lag.jsonLine) }
    } else {
      for line in Self.table(lags, at: RuntimeContext.system.now()) { Output.data.line(line) }
    }
    guard let max, let slow = lags.first(where: { $0.lag > max }) else { return }
    throw Failure(
      .refused,
      "\(slow.consumer) is \(slow.lag.grouped) events behind \(slow.stream), more than \(max)")
  }

  static func lags(in status: StatusAnswer) -> [Lag] {
    status.consumers.map { consumer in
      Lag(
        stream: status.stream, consumer: consumer.name, head: status.head,
        cursor: consumer.cursor, lag: status.head - min(status.head, consumer.cursor),
        seenAt: consumer.seenAt)
    }
  }

  static func table(_ lags: [Lag], at now: Timestamp) -> [String] {
    let rows = lags.map { lag in
      [
        lag.stream, lag.consumer, lag.head.grouped, lag.cursor.grouped, lag.lag.grouped,
        lag.seenAt.map { "\(now.since($0).inSeconds) ago" } ?? "never",
      ]
    }
    return columns([["STREAM", "CONSUMER", "HEAD", "AT", "BEHIND", "SEEN"]] + rows, numbers: 2...4)
  }
}

/// Rows with equal widths in each column; those of numbers are right-aligned.
func columns(_ rows: [[String]], numbers: ClosedRange<Int>) -> [String] {
  let shown = rows.map { $0.map(\.escapedForTerminal) }
  let count = shown.first?.count ?? 0
  let widths = (0..<count).map { column in shown.map { $0[column].count }.max() ?? 0 }
  return shown.map { row in
    let cells = row.enumerated().map { column, cell in
      let space = String(repeating: " ", count: widths[column] - cell.count)
      return numbers.contains(column) ? space + cell : cell + space
    }
    var line = cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
