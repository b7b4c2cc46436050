import Courier
import Events
import Foundation
import Journal
import Runtime
import Synchronization

/// What the tests' services say: something about a thing.
struct Noted: Event {
  static let schema = PayloadSchema("thing.noted", version: 1, leastReader: 1)

  var thing = "thing"
  var text: String

  var subject: String { thing }
}

extension RuntimeContext {
  /// The machine's clock and randomness.
  static let machine: RuntimeContext = {
    let start = ContinuousClock.now
    return RuntimeContext(
      now: { Timestamp(microseconds: UInt64(Date().timeIntervalSince1970 * 1_000_000)) },
      uptime: { ContinuousClock.now - start },
      random: { .random(in: .min ... .max) })
  }()
}

/// A log written by hand: a whole history, from which a test says and answers what it likes.
struct Source {
  let stream: String
  var epoch = Epoch(7)
  var floor: UInt64 = 1
  private(set) var records: [Record] = []

  init(_ stream: String = "alpha", count: Int = 0) {
    self.stream = stream
    grow(by: count)
  }

  var head: UInt64 { records.last?.header.sequence ?? 0 }
  var cursor: Cursor { place(head) }

  func place(_ sequence: UInt64) -> Cursor {
    Cursor(
      epoch: epoch, sequence: sequence,
      chain: sequence == 0 ? .zero : self[sequence].header.chain)
  }

  subscript(_ sequence: UInt64) -> Record { records[Int(sequence) - 1] }
  subscript(_ range: ClosedRange<UInt64>) -> [Record] { range.map { self[$0] } }

  /// Adds events with their numbers for text, of the present epoch.
  mutating func grow(by count: Int, text: String = "") {
    for _ in 0..<count { append(Noted(text: "\(text)\(head + 1)")) }
  }

  private mutating func append(_ event: Noted) {
    let topic = Topic(stream: stream, type: Noted.schema.type, version: Noted.schema.version)
    let runtime = RuntimeContext(
      now: { Timestamp(microseconds: 1) }, uptime: { .zero }, random: { 1 })
    let time = Timestamp(microseconds: 1_800_000_000_000_000 + head)
    let envelope = Envelope(
      id: Identifier(at: time, random: head), stream: stream, subject: event.subject, time: time,
      sequence: head + 1, correlation: .beginning(in: runtime), data: event)
    guard let body = try? envelope.body() else { preconditionFailure("a sample is small") }
    let header = Header(
      schemaVersion: 1, leastReader: 1, epoch: epoch, sequence: head + 1, committedAt: time,
      chain: cursor.chain.appending(topic: topic, body: body))
    records.append(Record(topic: topic, header: header, body: body))
  }
}

extension Record {
  /// The same event with another header.
  func changing(_ change: (inout Header) -> Void) -> Record {
    var header = header
    change(&header)
    return Record(topic: topic, header: header, body: body)
  }
}

/// A folder of one test's own, removed with it.
final class TemporaryFolder: Sendable {
  let path = "/tmp/courier-\(UUID().uuidString.prefix(8))"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}

extension ServiceJournal {
  /// What was committed, without waiting, in a test that waits too.
  func look<Value>(_ query: (Snapshot) throws -> Value) throws -> Value {
    try read(query)
  }
}
