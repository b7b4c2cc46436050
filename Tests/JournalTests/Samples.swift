import Events
import Foundation
import Journal
import Runtime
import Synchronization

/// What the tests' services say: something about a thing.
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

/// A clock that a test moves, and numbers that it knows.
final class World: Sendable {
  private let state = Mutex((now: UInt64(1_800_000_000_000_000), random: UInt64(0)))

  func set(_ microseconds: UInt64) {
    state.withLock { $0.now = microseconds }
  }

  func advance(microseconds: UInt64) {
    state.withLock { $0.now += microseconds }
  }

  var now: Timestamp { state.withLock { Timestamp(microseconds: $0.now) } }

  var runtime: RuntimeContext {
    RuntimeContext(
      now: { self.now },
      uptime: { .zero },
      random: {
        self.state.withLock { state in
          state.random &+= 0x9E37_79B9_7F4A_7C15
          return state.random
        }
      })
  }

  var correlation: Correlation { .beginning(in: runtime) }
}

/// Another service's log, written by hand.
struct Source {
  let stream: String
  var epoch = Epoch(7)
  private(set) var cursor: Cursor
  private let world = World()

  init(_ stream: String = "other") {
    self.stream = stream
    cursor = Cursor(epoch: epoch, sequence: 0, chain: .zero)
  }

  /// The next event of the log, its body as it should be or another one.
  mutating func next(
    _ event: some Event, leastReader: UInt16? = nil, body: String? = nil
  ) throws -> Record {
    let schema = type(of: event).schema
    let topic = Topic(stream: stream, type: schema.type, version: schema.version)
    let envelope = Envelope(
      id: world.runtime.identifier(), stream: stream, subject: event.subject, time: world.now,
      sequence: cursor.sequence + 1, correlation: world.correlation, data: event)
    let bytes = try body.map { Data($0.utf8) } ?? envelope.body()
    cursor.sequence += 1
    cursor.chain = cursor.chain.appending(topic: topic, body: bytes)
    let header = Header(
      schemaVersion: schema.version, leastReader: leastReader ?? schema.leastReader, epoch: epoch,
      sequence: cursor.sequence, committedAt: world.now, chain: cursor.chain)
    return Record(topic: topic, header: header, body: bytes)
  }
}

/// A folder of one test's own, removed with it.
final class TemporaryFolder: Sendable {
  let path = "/tmp/journal-\(UUID().uuidString.prefix(8))"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String = "journal.sqlite") -> String { "\(path)/\(name)" }
}

/// What a test heard of commits, in order.
final class Heard<Value: Sendable>: Sendable {
  private let state = Mutex<[Value]>([])

  func add(_ value: Value) {
    state.withLock { $0.append(value) }
  }

  var values: [Value] { state.withLock { $0 } }
}

extension Reader {
  /// Every text of the test's own table, in the order of storing.
  func texts() throws -> [String] {
    try rows("SELECT text AS value FROM texts ORDER BY number").map { try $0.value("value") }
  }
}

extension ServiceJournal {
  /// What was committed, without waiting, in a test that waits too.
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
  /// Applies events from wherever the journal stands.
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
  expecting consumers: ExpectedConsumers? = nil, in world: World = World()
) throws -> ServiceJournal {
  try ServiceJournal(
    place, of: service, migrations: migrations, reactions: Reactions(reactions),
    expecting: consumers, runtime: world.runtime)
}

/// Thrown by work that fails.
struct Refused: Error, Equatable {}
