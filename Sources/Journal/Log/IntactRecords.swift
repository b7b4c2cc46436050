package import Events
import FoundationEssentials

/// A damaged log: a stored event does not continue the chain, or is missing.
package struct DamagedLog: Error, CustomStringConvertible {
  /// The stream.
  package let stream: String
  /// The number of the first event that is not as it was committed.
  package let sequence: UInt64

  /// Damage at an event of a stream.
  package init(stream: String, sequence: UInt64) {
    self.stream = stream
    self.sequence = sequence
  }

  /// The fault and the command for it, for people.
  package var description: String {
    "the log is damaged at \(sequence): run eventually verify \(stream)"
  }
}

/// Events of a log that were checked: each continues the chain of the one before it.
package struct IntactRecords: Sendable {
  /// The events, in order.
  package internal(set) var records: [Record] = []
  /// The damage in the place of the next event; nil where it was not looked at, or is intact.
  package internal(set) var damage: DamagedLog?
}

extension Reader {
  /// The events after a place of the log, up to the first that is damaged.
  ///
  /// Each must have the number under which it is stored, and continue the chain. Only below the
  /// floor may numbers be missing; after such a gap the chain is checked where it is still known.
  ///
  /// - Parameters:
  ///   - place: a place of this log, with its chain; nil where the chain is not known any more.
  ///   - limit: how many events, at most.
  ///   - maxBytes: how large they are together, at most, unless the first alone is larger.
  package func intactRecords(
    after place: (sequence: UInt64, chain: Chain?), limit: Int, maxBytes: Int = .max
  ) throws -> IntactRecords {
    let head = try head()
    var place = place
    var result = IntactRecords()
    var size = 0
    func damaged(at sequence: UInt64) -> IntactRecords {
      result.damage = DamagedLog(stream: head.stream, sequence: sequence)
      return result
    }
    let stored = try rows(
      """
      SELECT sequence, topic, header, body FROM log WHERE sequence > \(place.sequence)
      ORDER BY sequence LIMIT \(limit)
      """)
    for row in stored {
      let number: UInt64 = try row.value("sequence")
      if number > place.sequence + 1 {
        guard number <= head.floor else { return damaged(at: max(place.sequence + 1, head.floor)) }
        place = (number - 1, try chain(at: number - 1))
      }
      guard let record = try? row.record(), record.continues(place, in: head) else {
        return damaged(at: number)
      }
      size += record.size
      guard size <= maxBytes || result.records.isEmpty else { return result }
      result.records.append(record)
      place = (number, record.header.chain)
    }
    let next = max(place.sequence + 1, head.floor)
    return stored.count < limit && next <= head.sequence ? damaged(at: next) : result
  }

  /// Whether the event with a number is stored as it was committed, as far as the chain proves it.
  package func isIntact(at sequence: UInt64) throws -> Bool {
    guard sequence > 0,
      let row = try row("SELECT topic, header, body FROM log WHERE sequence = \(sequence)")
    else { return true }
    let before = (sequence: sequence - 1, chain: try chain(at: sequence - 1))
    return try (try? row.record())?.continues(before, in: head()) ?? false
  }
}

extension Record {
  /// Whether the record is the one after a place of a log, as far as the place's chain is known.
  fileprivate func continues(_ place: (sequence: UInt64, chain: Chain?), in head: Head) -> Bool {
    guard header.sequence == place.sequence + 1,
      header.sequence != head.sequence || header.chain == head.chain
    else { return false }
    return place.chain.map { follows(sequence: place.sequence, chain: $0) } ?? true
  }
}
