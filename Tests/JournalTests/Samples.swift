import Events
import Foundation
import Journal
import RoomTesting
import Runtime
import Synchronization

/// The event of the tests' services, about a thing.
struct Noted: Event {
  static let schema = PayloadSchema("thing.noted", version: 1, leastReader: 1)

  var thing: String
  var text: String

  var subject: String { thing }
}

/// A second kind of event about the same things.
struct Opened: Event {
  static let schema = PayloadSchema("thing.opened", version: 1, leastReader: 1)

  var thing: String

  var subject: String { thing }
}

extension SyntheticLog {
  /// The log of another service.
  convenience init() { self.init("other") }

  /// The next event of the log, its body as it should be or another one.
  @discardableResult
  func next(_ event: some Event, leastReader: UInt16? = nil, body: String?) throws -> Record {
    try next(event, about: event.subject, leastReader: leastReader, body: body)
  }

  /// The next event of the log, for readers from a version on.
  @discardableResult
  func next(_ event: some Event, leastReader: UInt16) throws -> Record {
    try next(event, about: event.subject, leastReader: leastReader)
  }
}

extension TemporaryFolder {
  func file(_ name: String = "journal.sqlite") -> String { "\(path)/\(name)" }
}

/// The values that a test received from commits, in order.
final class Heard<Value: Sendable>: Sendable {
  private let state = Mutex<[Value]>([])

  func add(_ value: Value) {
    state.withLock { $0.append(value) }
  }

  var values: [Value] { state.withLock { $0 } }
}

extension Heard<EventOutcome> {
  /// Keeps the outcomes of a commit.
  func hear(_ commit: ServiceJournal.Commit) {
    for outcome in commit.outcomes { add(outcome) }
  }
}

extension Reader {
  /// Every text of the test's own table, in the order of storing.
  func texts() throws -> [String] {
    try rows("SELECT text AS value FROM texts ORDER BY number").map { try $0.value("value") }
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

extension Transaction {
  /// Applies events from the journal's cursor on.
  func apply(_ records: [Record], of stream: String, through cursor: Cursor) throws {
    try apply(records, of: stream, from: try self.cursor(of: stream), through: cursor)
  }

  func store(_ text: String) throws {
    try run("INSERT INTO texts (text) VALUES (\(text))")
  }
}

/// The test's own table.
let texts = Migration(
  "test-1-texts", sql: "CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")

func makeJournal(
  _ place: ServiceJournal.Place = .memory, of service: String = "test",
  migrations: [Migration] = [texts], reacting reactions: [Reaction] = [],
  expecting consumers: ExpectedConsumers? = nil, in clock: TestClock = TestClock(),
  reporting report: @escaping @Sendable (ServiceJournal.Commit) -> Void = { _ in }
) throws -> ServiceJournal {
  try ServiceJournal(
    place, of: service, migrations: migrations, reactions: Reactions(reactions),
    expecting: consumers, runtime: clock.runtime, reporting: report)
}

/// A journal in a file, whose obstacles are real, and so is the clock that measures its pauses.
func makeJournalInRealTime(in folder: TemporaryFolder) throws -> ServiceJournal {
  var runtime = TestClock().runtime
  let start = ContinuousClock.now
  runtime.uptime = { ContinuousClock.now - start }
  return try ServiceJournal(
    .file(folder.file()), of: "test", migrations: [texts], runtime: runtime)
}

/// Thrown by work that fails.
struct Refused: Error, Equatable {}
