import ArgumentParser
import Daemon
import Events
import Journal

/// `eventually bench statements`: the parts of a transaction on PostgreSQL.
struct StatementsCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "statements",
    abstract: "Measure a statement, an empty commit and a commit of one event on PostgreSQL.",
    usage: "eventually bench statements --postgresql <url> [<options>]",
    discussion: """
      Each is measured alone, one after another, through a journal's session: SELECT 1 in a \
      transaction that is open, which is a statement and its round trip; a transaction without \
      changes, with its locks and a durable commit; and one that emits an event.

      EXAMPLES
        eventually bench statements --postgresql postgresql://postgres@127.0.0.1
        eventually bench statements --postgresql postgresql://postgres@db.example --count 200 --json
      """)

  @Option(
    help: ArgumentHelp(
      "The server of PostgreSQL for the journal, in a database that is removed afterwards.",
      valueName: "url"))
  var postgresql: String

  @Option(help: ArgumentHelp("How often each is measured.", valueName: "n"))
  var count = 1000

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (1...1_000_000).contains(count) else {
      throw ValidationError("--count \(count): choose a number from 1 to 1000000.")
    }
  }

  func perform() async throws {
    let replicas = UpReplicas(ofBenchmark: 1, server: postgresql)
    let database = try replicas.makeDatabase("statements")
    let count = count
    let report: StatementsReport
    do {
      defer { try? replicas.remove(database) }
      report = try await untilInterrupted {
        try await StatementsReport.measure(count, in: database)
      }
    } catch let error as JournalError {
      throw Failure(error)
    }
    Output.data.line(json ? report.jsonLine : "\(report.table)\n\(UpReplicas.durability)")
  }
}

/// The figures of the statements; the JSON of `bench statements`.
struct StatementsReport: Codable, Hashable, Sendable {
  let count: Int
  let statementMicroseconds: Percentiles
  let emptyCommitMicroseconds: Percentiles
  let eventCommitMicroseconds: Percentiles

  /// The report for people.
  var table: ReportTable {
    var table = ReportTable("statements: \(count.grouped) of each on PostgreSQL, one at a time")
    table.add(latency: "statement µs", statementMicroseconds)
    table.add(latency: "empty commit µs", emptyCommitMicroseconds)
    table.add(latency: "event commit µs", eventCommitMicroseconds)
    return table
  }

  /// Measures in a journal of its own.
  ///
  /// - Parameters:
  ///   - count: how often each is measured.
  ///   - database: an empty database.
  static func measure(
    _ count: Int, in database: PostgreSQLAddress
  ) async throws -> StatementsReport {
    let journal = try ServiceJournal(
      .postgreSQL(PostgreSQLPlace(database)), of: "bench", runtime: .system)
    defer { try? journal.close() }
    let work = Correlation.beginning(in: .system)
    // As a daemon's commands do.
    return try await withTaskExecutorPreference(journal.writer) {
      let statements = try await journal.write { transaction in
        var times = LatencyHistogram()
        for _ in 0..<count {
          let startedAt = monotonicNanoseconds()
          _ = try transaction.value("SELECT 1 AS value", as: Int.self)
          times.record((monotonicNanoseconds() - startedAt) / 1000)
        }
        return times
      }
      let empty = try await commits(count, in: journal) { _, _ in }
      let events = try await commits(count, in: journal) { transaction, number in
        try transaction.emit(
          HopEvent(number: number, publishedAt: monotonicNanoseconds()), correlation: work)
      }
      return StatementsReport(
        count: count, statementMicroseconds: Percentiles(statements),
        emptyCommitMicroseconds: Percentiles(empty), eventCommitMicroseconds: Percentiles(events))
    }
  }

  /// The times of commits, one after another.
  private static func commits(
    _ count: Int, in journal: ServiceJournal,
    of change: @escaping @Sendable (Transaction, Int) throws -> Void
  ) async throws -> LatencyHistogram {
    var times = LatencyHistogram()
    for number in 1...count {
      let startedAt = monotonicNanoseconds()
      try await journal.write { try change($0, number) }
      times.record((monotonicNanoseconds() - startedAt) / 1000)
    }
    return times
  }
}
