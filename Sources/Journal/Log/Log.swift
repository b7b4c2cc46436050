package import Events
import FoundationEssentials

extension Reader {
  /// The events after a sequence number, as stored: at most `limit`, and no more than `maxBytes`
  /// unless the first alone is larger.
  package func records(after sequence: UInt64, limit: Int, maxBytes: Int = .max) throws
    -> [Record]
  {
    var size = 0
    var records: [Record] = []
    let stored = try rows(
      """
      SELECT topic, header, body FROM log WHERE sequence > \(sequence)
      ORDER BY sequence LIMIT \(limit)
      """)
    for row in stored {
      let record = try row.record(after: records.last?.topic)
      size += record.size
      guard size <= maxBytes || records.isEmpty else { break }
      records.append(record)
    }
    return records
  }

  /// The chain after an event of the log: kept with the event, with the floor, with the forks of the
  /// lineage and with the head; nil where it is not known any more.
  package func chain(at sequence: UInt64) throws -> Chain? {
    if sequence == 0 { return .zero }
    let head = try head()
    if head.sequence == sequence { return head.chain }
    if head.floor - 1 == sequence { return try value("SELECT floor_chain AS value FROM journal") }
    if let row = try row("SELECT topic, header, body FROM log WHERE sequence = \(sequence)") {
      guard let record = try? row.record(), record.header.sequence == sequence else {
        throw DamagedLog(stream: head.stream, sequence: sequence)
      }
      return record.header.chain
    }
    return try lineage().last { $0.from == sequence }?.chain
  }
}

extension SQL {
  /// Adds a record to the log.
  static func appending(_ record: Record) -> SQL {
    SQL(
      text: "INSERT INTO log (sequence, topic, header, body) VALUES (?, ?, ?, ?)",
      arguments: [
        record.header.sequence.argument, .text(record.topic.description),
        .blob(record.headerBytes), .blob(record.body),
      ])
  }
}

extension Row {
  /// The record in the columns topic, header and body.
  ///
  /// - Parameter before: the topic of the record before, which this one often has too.
  func record(after before: Topic? = nil) throws -> Record {
    let topic: String = try value("topic")
    let frames: [Data] = [Data(topic.utf8), try value("header"), try value("body")]
    guard let record = Record(frames: frames[...], after: before) else {
      throw JournalError(
        .malformed, summary: "the log holds a record that cannot be read: \(topic)")
    }
    return record
  }
}

extension Record {
  /// A new event in its form on the wire, after the head of its log.
  ///
  /// - Parameter before: the topic of the event before, which this one often has too.
  init(
    _ attributes: EventAttributes, schema: PayloadSchema, body: Data, after head: Head,
    sharing before: Topic?
  ) {
    let topic =
      if let before, before.stream == head.stream, before.type == schema.type,
        before.version == schema.version
      {
        before
      } else {
        Topic(stream: head.stream, type: schema.type, version: schema.version)
      }
    let header = Header(
      schemaVersion: schema.version, leastReader: schema.leastReader, epoch: head.epoch,
      sequence: attributes.sequence, committedAt: attributes.time,
      chain: head.chain.appending(topic: topic, body: body))
    self.init(topic: topic, header: header, body: body)
  }
}
