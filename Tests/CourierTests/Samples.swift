import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Runtime
import Synchronization

/// The event of the tests' services, about a thing.
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

extension SyntheticLog {
  /// A log with so many events.
  convenience init(_ stream: String = "alpha", count: Int) {
    self.init(stream)
    grow(by: count)
  }

  /// The first log of a test, without an event.
  convenience init() { self.init("alpha") }

  /// Adds events with their numbers for text, of the present epoch.
  func grow(by count: Int, text: String = "") {
    for _ in 0..<count {
      do {
        try next(Noted(text: "\(text)\(head + 1)"))
      } catch {
        preconditionFailure("a sample is small: \(error)")
      }
    }
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

extension ServiceJournal {
  /// The committed data, without waiting, in a test that waits too.
  func look<Value>(_ query: (Snapshot) throws -> Value) throws -> Value {
    try read(query)
  }
}
