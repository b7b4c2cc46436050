import Events
import Foundation
import PostgreSQLServer
import RoomTesting
import Runtime
import Synchronization
import Testing

@testable import Journal

/// An engine on which the suite runs.
enum TestedEngine: String, CaseIterable, CustomTestStringConvertible {
  case sqlite = "SQLite"
  case postgresql = "PostgreSQL"

  var testDescription: String { rawValue }

  /// Those that can run here.
  static let all = PostgreSQLServer.missing == nil ? allCases : [.sqlite]
}

/// A database of one test, in which journals are opened one after another.
final class TestDatabase: Sendable {
  let place: ServiceJournal.Place
  private let folder: TemporaryFolder

  init(_ engine: TestedEngine, replica: String? = nil) throws {
    folder = try TemporaryFolder()
    switch engine {
    case .sqlite: place = .file("\(folder.path)/journal.sqlite")
    case .postgresql:
      let address = try PostgreSQLAddress(PostgreSQLServer.shared.get().makeDatabase())
      place = .postgreSQL(PostgreSQLPlace(address, folder: folder.path, replica: replica))
    }
  }

  /// Opens the journal of the service `test`.
  func open(
    migrations: [Migration] = [values], reacting reactions: [Reaction] = [],
    expecting consumers: ExpectedConsumers? = nil, in clock: TestClock = TestClock(),
    reporting report: @escaping @Sendable (ServiceJournal.Commit) -> Void = { _ in }
  ) throws -> ServiceJournal {
    try ServiceJournal(
      place, of: "test", migrations: migrations, reactions: Reactions(reactions),
      expecting: consumers, runtime: clock.runtime,
      // The folder lives as long as the journal.
      reporting: { [folder] commit in
        withExtendedLifetime(folder) { report(commit) }
      })
  }
}

extension ServiceJournal {
  /// Opens the journal of the service `test` as one of its replicas; alone without a name.
  static func replica(
    _ name: String?, at address: String, migrations: [Migration] = [values],
    reacting reactions: Reactions = [], expecting consumers: ExpectedConsumers? = nil,
    in runtime: RuntimeContext = TestClock().runtime
  ) throws -> ServiceJournal {
    try ServiceJournal(
      .postgreSQL(PostgreSQLPlace(PostgreSQLAddress(address), replica: name)), of: "test",
      migrations: migrations, reactions: reactions, expecting: consumers, runtime: runtime)
  }
}

extension RuntimeContext {
  /// A clock that goes on, by which pauses between attempts are measured.
  static var going: RuntimeContext {
    var runtime = TestClock().runtime
    let start = ContinuousClock.now
    runtime.uptime = { ContinuousClock.now - start }
    return runtime
  }
}

/// The test's own table: its rows are numbered, and some columns may be empty.
let values = Migration(
  "test-1-values",
  sql: """
    CREATE TABLE vals (
      number INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      amount BIGINT,
      bytes BLOB
    )
    """)

/// The event of the tests' service.
struct Noted: Event {
  static let schema = PayloadSchema("thing.noted", version: 1, leastReader: 1)

  var thing: String
  var text: String

  var subject: String { thing }
}

/// Thrown by work that fails.
struct Refused: Error, Equatable {}

extension Transaction {
  func store(_ name: String, amount: Int64? = nil, bytes: Data? = nil) throws {
    try run("INSERT INTO vals (name, amount, bytes) VALUES (\(name), \(amount), \(bytes))")
  }
}

extension Reader {
  /// The stored names, in the order of storing.
  func names() throws -> [String] {
    try rows("SELECT name FROM vals ORDER BY number").map { try $0.value("name") }
  }

  /// The log from the floor on, with its chain recomputed and its numbers checked.
  func checkedLog() throws -> [Record] {
    let head = try head()
    let records = try records(after: 0, limit: .max)
    var chain = Chain.zero
    for (place, record) in records.enumerated() {
      chain = chain.appending(topic: record.topic, body: record.body)
      #expect(record.header.sequence == UInt64(place) + 1)
      #expect(record.header.chain == chain)
    }
    #expect(head.sequence == UInt64(records.count))
    #expect(head.chain == chain)
    return records
  }
}

extension ServiceJournal {
  /// The committed data, without waiting, in a test that waits too.
  func look<Value>(_ query: (Snapshot) throws -> Value) throws -> Value {
    try read(query)
  }

  /// Writes with the calling thread waiting, in a test that is asynchronous.
  @discardableResult
  func writeNow<Value>(_ work: (Transaction) throws -> Value) throws -> Value {
    try write(work)
  }
}

/// Runs work on another thread, and waits for it.
func onAnotherThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) throws
  -> Value
{
  let isDone = DispatchSemaphore(value: 0)
  let result = Mutex<Result<Value, any Error>?>(nil)
  Thread.detachNewThread {
    result.withLock { $0 = Result { try work() } }
    isDone.signal()
  }
  isDone.wait()
  let ended = result.withLock { $0 }
  return try #require(ended).get()
}

extension ServiceJournal {
  /// The number of pieces of work that wait for a commit.
  var waiting: Int { state.withLock { $0.commits.queue.waiting.count } }
}

/// Waits for a condition that other threads bring about, without any fixed time.
func until(_ condition: () throws -> Bool) async rethrows {
  while try !condition(), !Task.isCancelled { await Task.yield() }
}

/// The work of each command of a group, in the order of the commands, whether it succeeds or not.
func results(
  of group: [@Sendable (Transaction) throws -> String], in journal: ServiceJournal
) async -> [String] {
  await journal.write(group.map { (patience: nil, work: $0) }).map { result in
    switch result {
    case .success(let text): text
    case .failure(let error): "\((error as? JournalError)?.code.description ?? "\(error)")"
    }
  }
}
