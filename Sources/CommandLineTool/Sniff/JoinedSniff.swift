import Courier
import Events
import Journal
import ZeroMQ

/// Reads the logs, then the live events, and the logs again after a gap.
struct JoinedSniff {
  let reader: LogReader
  let printer: EventPrinter
  private var merge = LogThenLive()
  /// The endpoint of each stream's log, as far as they are known.
  private var logs: [String: String] = [:]
  private var unanswered: [String] = []

  init(reader: LogReader, printer: EventPrinter) {
    self.reader = reader
    self.printer = printer
  }

  /// - Throws: ``Failure``: 69 when no log answers.
  mutating func run(_ sources: SniffSources, messages: Batches<Message>) async throws {
    try await findLogs(sources.logs)
    guard case .more = try await readAll() else { return }
    for await batch in messages {
      for message in batch {
        guard case .more = try await receive(message) else { return }
      }
    }
  }

  private mutating func findLogs(_ endpoints: [String]) async throws {
    let reader = reader
    let found = try await withThrowingTaskGroup(of: (String, String?).self) { tasks in
      for endpoint in endpoints {
        tasks.addTask { (endpoint, try await reader.status(endpoint)?.stream) }
      }
      return try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    try Task.checkCancellation()
    logs = Dictionary(found.map { ($1, $0) }) { first, _ in first }
    unanswered = endpoints.filter { found[$0] == nil }
    guard !logs.isEmpty else {
      throw Failure(
        .unreachable,
        """
        no log answers at \(endpoints.joined(separator: ", ")). Start the services with \
        `eventually up`, or name their folder with --state or --run.
        """)
    }
    for endpoint in unanswered {
      Output.notes.line(
        "\(endpoint) does not answer; its events are read when a message of it arrives")
    }
  }

  // MARK: The past

  private mutating func readAll() async throws -> EventPrinter.Outcome {
    var past = Interleaving(logs.keys.sorted())
    while true {
      switch past.next() {
      case .fetch(let stream, let after):
        let (records, next) = try await read(stream, after: after) ?? ([], nil)
        past.add(stream, page: records, next: next)
      case .print(let record):
        let outcome = printer.print(record)
        guard case .more = outcome else { return outcome }
      case .end: return .more
      }
    }
  }

  /// - Returns: a page and the position of the next one; nil when it cannot be read, which is
  ///   reported.
  private mutating func read(_ stream: String, after: UInt64) async throws
    -> (records: [Record], next: UInt64?)?
  {
    do {
      guard let endpoint = try await log(of: stream),
        let (page, records) = try await reader.page(stream, after: after, of: endpoint)
      else {
        Output.notes.line("the log of \(stream) does not answer; events may be missing")
        return nil
      }
      return (records, merge.receive(page))
    } catch let refusal as Refusal {
      Output.notes.line("the log of \(stream) refuses: \(refusal.message); events may be missing")
      return nil
    }
  }

  /// The log of a stream, which may have been started later than this.
  private mutating func log(of stream: String) async throws -> String? {
    if let known = logs[stream] { return known }
    for endpoint in unanswered where try await reader.status(endpoint)?.stream == stream {
      logs[stream] = endpoint
      unanswered.removeAll { $0 == endpoint }
    }
    return logs[stream]
  }

  // MARK: The present

  private mutating func receive(_ message: Message) async throws -> EventPrinter.Outcome {
    if let record = Record(frames: message.frames) { return try await receive(record) }
    guard let beat = Beat(frames: message.frames), let topic = message.frames.first else {
      return .more
    }
    let outcome = try await receive(beat)
    guard case .more = outcome else { return outcome }
    return printer.print(beat, topic: topic)
  }

  private mutating func receive(_ record: Record) async throws -> EventPrinter.Outcome {
    let stream = record.topic.stream
    let header = record.header
    switch merge.receive(stream, epoch: header.epoch, sequence: header.sequence) {
    case .print: return printer.print(record)
    case .skip: return .more
    case .otherHistory(let epoch):
      reportNewHistory(stream, epoch: epoch)
      return try await receive(record)
    case .fetch(let after):
      let outcome = try await readOn(stream, after: after)
      guard case .more = outcome else { return outcome }
      if case .fetch = merge.receive(stream, epoch: header.epoch, sequence: header.sequence) {
        merge.skipAhead(stream, epoch: header.epoch, at: header.sequence)
        return printer.print(record)
      }
      return .more
    }
  }

  private mutating func receive(_ beat: Beat) async throws -> EventPrinter.Outcome {
    guard let epoch = beat.cursor.epoch else { return .more }
    switch merge.receiveBeat(beat.stream, epoch: epoch, upTo: beat.cursor.sequence) {
    case .print, .skip: return .more
    case .otherHistory(let epoch):
      reportNewHistory(beat.stream, epoch: epoch)
      return .more
    case .fetch(let after):
      let outcome = try await readOn(beat.stream, after: after)
      if case .fetch = merge.receiveBeat(beat.stream, epoch: epoch, upTo: beat.cursor.sequence) {
        merge.skipAhead(beat.stream, epoch: epoch, at: beat.cursor.sequence)
      }
      return outcome
    }
  }

  /// Reads a log from a place to its end, and prints it.
  private mutating func readOn(_ stream: String, after: UInt64) async throws
    -> EventPrinter.Outcome
  {
    var place: UInt64? = after
    while let after = place {
      guard let (records, next) = try await read(stream, after: after) else { return .more }
      for record in records {
        let outcome = printer.print(record)
        guard case .more = outcome else { return outcome }
      }
      place = next
    }
    return .more
  }

  private func reportNewHistory(_ stream: String, epoch: Epoch) {
    Output.notes.line("\(stream) has another history, epoch \(epoch)")
  }
}
