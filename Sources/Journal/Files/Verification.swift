import Events
import FoundationEssentials

/// A rule that a room's own tables keep, for `eventually verify`.
public struct JournalCheck: Sendable {
  /// The rule, for example `the ledger sums to zero`.
  package let name: String
  package let findings: @Sendable (Snapshot) throws -> [String]

  /// - Parameters:
  ///   - name: the rule.
  ///   - findings: the violations, in sentences; none where the rule holds.
  public init(_ name: String, findings: @escaping @Sendable (Snapshot) throws -> [String]) {
    self.name = name
    self.findings = findings
  }
}

/// The result of checking a journal.
package struct Verification: Hashable, Sendable {
  /// A fault.
  package struct Finding: Hashable, Codable, Sendable {
    /// The check that found it.
    package let check: String
    /// The fault, in a sentence.
    package let problem: String
  }

  /// The service of the journal; nil where the file does not name it.
  package internal(set) var service: String?
  /// The number of events that were read.
  package internal(set) var events = 0
  /// The faults; none in a sound journal.
  package internal(set) var findings: [Finding] = []

  mutating func found(_ check: String, problem: String) {
    // Damage repeats itself: a few sentences suffice.
    if findings.count < 100 { findings.append(Finding(check: check, problem: problem)) }
  }
}

extension ServiceJournal {
  /// Checks a journal in one snapshot, while its service runs or in a copy: the structure of the
  /// database, the journal's own row, every event and the chain from the floor to the head, the
  /// cursors, the deferred events, and a room's own rules.
  ///
  /// - Parameters:
  ///   - path: the journal's file.
  ///   - service: the service that it must belong to; nil for any.
  ///   - checks: the rules of each service's own tables.
  ///   - progress: called with the number of events that were read, and of all.
  /// - Throws: ``JournalError`` when there is no such file, or it cannot be read now.
  package static func verify(
    _ path: String, of service: String? = nil, checks: [String: [JournalCheck]] = [:],
    progress: @escaping (_ read: Int, _ of: Int) -> Void = { _, _ in }
  ) throws -> Verification {
    guard FileManager.default.fileExists(atPath: path) else {
      throw JournalError(
        .unreachable, summary: "there is no file \(path)", remedy: "Name a journal that is there.")
    }
    var verifier = Verifier(service: service, checks: checks, progress: progress)
    do {
      try SQLiteFile.read(path) { try verifier.verify($0) }
    } catch {
      guard let failure = JournalError.ofJournal(error) else { throw error }
      guard failure.code == .damaged else { throw failure }
      verifier.result.found("database", problem: failure.summary)
    }
    return verifier.result
  }
}

/// Checks a journal, and collects its faults.
struct Verifier {
  let service: String?
  let checks: [String: [JournalCheck]]
  let progress: (Int, Int) -> Void
  var result = Verification()

  mutating func verify(_ file: SQLiteConnection) throws {
    try structure(of: file)
    guard try file.hasTable("journal"), try file.hasTable("log") else {
      return result.found("journal", problem: "the tables of a journal are missing")
    }
    try verify(Snapshot(connection: file))
  }

  /// Checks the rows of a journal on any engine.
  mutating func verify(_ snapshot: Snapshot) throws {
    let head: Head
    do {
      head = try snapshot.head()
    } catch let error as JournalError where error.isOfTheWork {
      return result.found("journal", problem: error.summary)
    }
    result.service = head.stream
    if let service, service != head.stream {
      result.found("journal", problem: "it is the journal of \(head.stream), not of \(service)")
    }
    try attempt("lineage") { try $0.lineage(snapshot, head: head) }
    try attempt("log") { try $0.log(snapshot, head: head) }
    try attempt("cursors") { try $0.cursors(snapshot, head: head) }
    try attempt("put aside") { try $0.aside(snapshot) }
    for check in checks[head.stream] ?? [] {
      try attempt(check.name) { verifier in
        for problem in try check.findings(snapshot) {
          verifier.result.found(check.name, problem: problem)
        }
      }
    }
  }

  /// Runs one check.
  ///
  /// Its own failure is a finding, and does not end the others.
  private mutating func attempt(
    _ check: String, _ body: (inout Verifier) throws -> Void
  ) throws {
    do {
      try body(&self)
    } catch {
      let failure = JournalError.ofJournal(error)
      if let failure, failure.code != .damaged { throw failure }
      result.found(check, problem: String(describing: failure?.beneath ?? error))
    }
  }

  private mutating func structure(of file: SQLiteConnection) throws {
    try attempt("database") { verifier in
      for line in try file.integrityFindings(limit: 20) where line != "ok" {
        verifier.result.found("database", problem: line)
      }
    }
  }

  private mutating func lineage(_ snapshot: Snapshot, head: Head) throws {
    let lineage = try snapshot.lineage()
    if lineage.last?.epoch != head.epoch {
      result.found("lineage", problem: "its last history is not the journal's epoch \(head.epoch)")
    }
    if zip(lineage, lineage.dropFirst()).contains(where: { $0.from > $1.from }) {
      result.found("lineage", problem: "its histories are not in order")
    }
    for history in lineage where history.from > head.sequence {
      result.found("lineage", problem: "the history \(history.epoch) begins after the head")
    }
    for history in lineage {
      if let chain = try snapshot.chain(at: history.from), chain != history.chain {
        result.found("lineage", problem: "the history \(history.epoch) begins at another chain")
      }
    }
    if head.floor > head.sequence + 1 || head.floor == 0 {
      result.found("journal", problem: "the floor \(head.floor) is not within the log")
    }
  }

  private mutating func log(_ snapshot: Snapshot, head: Head) throws {
    let count = try snapshot.value("SELECT count(*) AS value FROM log", as: Int.self) ?? 0
    let floorChain = try snapshot.chain(at: head.floor - min(head.floor, 1))
    // Earlier versions did not store it: it is zero there until the next pruning.
    let isKnown = head.floor <= 1 || floorChain != .zero
    var walk = LogWalk(
      head, lineage: try snapshot.lineage(), floorChain: isKnown ? floorChain : nil)
    var last: UInt64 = 0
    while true {
      let rows = try snapshot.rows(
        """
        SELECT sequence, topic, header, body FROM log WHERE sequence > \(last)
        ORDER BY sequence LIMIT 500
        """)
      guard !rows.isEmpty else { break }
      for row in rows {
        let sequence: UInt64 = try row.value("sequence")
        last = max(sequence, last + 1)
        result.events += 1
        let record = try? row.record()
        for problem in walk.problems(at: sequence, record) { result.found("log", problem: problem) }
        // A reader ignores flags that it does not know, and nothing else covers them.
        if let record, try row.value("header") != record.header.bytes {
          result.found("log", problem: "event \(sequence) has unknown flags in its header")
        }
      }
      progress(result.events, count)
    }
    for problem in walk.problemsAtEnd() { result.found("log", problem: problem) }
  }

  private mutating func cursors(_ snapshot: Snapshot, head: Head) throws {
    for row in try snapshot.rows("SELECT * FROM cursors") {
      let stream: String = try row.value("stream")
      let cursor = try snapshot.cursor(of: stream)
      if cursor.sequence == 0, cursor.chain != .zero {
        result.found(
          "cursors", problem: "the cursor of \(stream) has a chain before the first event")
      }
      if cursor.sequence > 0, cursor.chain == .zero || cursor.epoch == nil {
        result.found("cursors", problem: "the cursor of \(stream) has no chain or no epoch")
      }
    }
    for consumer in try snapshot.consumers() where consumer.cursor > head.sequence {
      result.found("cursors", problem: "the consumer \(consumer.name) is ahead of the log")
    }
  }

  private mutating func aside(_ snapshot: Snapshot) throws {
    for row in try snapshot.rows("SELECT id, sequence, topic, header, body FROM put_aside") {
      let id: String = try row.value("id")
      guard let record = try? row.record() else {
        result.found("put aside", problem: "the event \(id) cannot be read")
        continue
      }
      if try row.value("sequence", as: UInt64.self) != record.header.sequence {
        result.found("put aside", problem: "the event \(id) stands at another number than its own")
      }
    }
  }
}
