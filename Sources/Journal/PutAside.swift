import Events

/// An event that could not be applied yet, kept whole, with the reason.
struct PutAside {
  enum State: String {
    /// It is ahead of the state that it needs.
    case waiting
    /// It can never be applied as it is: a dead letter.
    case dead
    /// An event before it, of the same subject and stream, is put aside.
    case behind
  }

  let record: Record
  let subject: String
  let state: State
  let reason: String

  init(_ record: Record, subject: String, state: State, reason: String) {
    self.record = record
    self.subject = subject
    self.state = state
    self.reason = Self.storable(reason)
  }

  /// A reason may quote the event, and the database keeps no zero byte.
  static func storable(_ reason: String) -> String {
    reason.replacing("\0", with: "\u{FFFD}")
  }

  init(_ row: Row) throws {
    self.init(
      try row.record(), subject: try row.value("subject"), state: try row.value("state"),
      reason: try row.value("reason"))
  }
}

extension Reader {
  /// How many events were put aside as dead letters.
  public func deadLetterCount() throws -> Int {
    try value("SELECT count(*) AS value FROM put_aside WHERE state = \(PutAside.State.dead)") ?? 0
  }

  func isHeldBack(_ subject: String, in stream: String) throws -> Bool {
    try row(
      """
      SELECT 1 FROM put_aside WHERE subject = \(subject) AND stream = \(stream) LIMIT 1
      """) != nil
  }

  /// The earliest event of a subject that was put aside, of each stream.
  func firstPutAside(of subject: String) throws -> [PutAside] {
    try rows(
      """
      SELECT * FROM put_aside AS first WHERE subject = \(subject) AND sequence =
      (SELECT min(sequence) FROM put_aside WHERE subject = \(subject) AND stream = first.stream)
      ORDER BY stream
      """
    ).map(PutAside.init)
  }
}

extension Transaction {
  func store(_ event: PutAside) throws {
    let record = event.record
    try run(
      """
      INSERT INTO put_aside
      (stream, sequence, subject, topic, header, body, state, reason, at)
      VALUES (\(record.topic.stream), \(record.header.sequence), \(event.subject),
      \(record.topic.description), \(record.header.bytes), \(record.body),
      \(event.state), \(event.reason), \(now))
      """)
  }

  func update(_ event: PutAside, to state: PutAside.State, _ reason: String) throws {
    try run(
      """
      UPDATE put_aside SET state = \(state), reason = \(PutAside.storable(reason))
      WHERE stream = \(event.record.topic.stream) AND sequence = \(event.record.header.sequence)
      """)
  }

  func remove(_ event: PutAside) throws {
    try run(
      """
      DELETE FROM put_aside
      WHERE stream = \(event.record.topic.stream) AND sequence = \(event.record.header.sequence)
      """)
  }
}
