import Courier
import Events
import Journal
import ZeroMQ

/// Reads the logs, then the live events, and the logs again after a gap.
struct EventReading {
  /// What is read, and when the reading ends.
  struct Plan: Hashable, Sendable {
    var start = EventStart.live
    var selection = EventSelection()
    /// Whether it ends with the events that the logs have now.
    var endsAtEnd = false
    /// Whether a gap on the wire is a failure.
    var endsAtGap = false
    /// Whether messages are given as they are, whatever they are.
    var isRaw = false
    /// Whether a log that is not read is a failure.
    var needsAllLogs = false
  }

  let plan: Plan
  let reader: LogReader
  let sink: any EventSink
  let presence: Presence
  private var merge: LogThenLive
  /// The endpoint of each stream's log, as far as they are known.
  private var logs: [String: String] = [:]
  private var unanswered: [String] = []
  /// The streams of which something has come over the wire: from then on a gap is one.
  private var heard: Set<String> = []

  init(_ plan: Plan, reader: LogReader, sink: any EventSink, presence: Presence) {
    self.plan = plan
    self.reader = reader
    self.sink = sink
    self.presence = presence
    merge = LogThenLive(readsLogs: plan.start != .live)
  }

  /// - Throws: ``Failure``: 69 when no log answers, 1 for a gap where one is a failure.
  mutating func run(_ sources: SniffSources, messages: Batches<Message>) async throws {
    unanswered = sources.logs
    if plan.start != .live {
      try await findLogs(sources.logs)
      guard case .more = try await readPast(), !plan.endsAtEnd else { return }
    }
    presence.begin()
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
    if plan.needsAllLogs, let silent = unanswered.first { throw Self.unread(silent) }
    for endpoint in unanswered {
      Output.notes.line(
        "\(endpoint) does not answer; its events are read when a message of it arrives")
    }
  }

  private static func unread(_ log: String) -> Failure {
    Failure(
      .unreachable,
      "the log of \(log) does not answer. Start its service, or leave it out with --service.")
  }

  // MARK: The past

  private mutating func readPast() async throws -> SinkOutcome {
    var places: [String: UInt64] = [:]
    for (stream, endpoint) in logs {
      places[stream] = try await reader.place(of: plan.start, in: stream, at: endpoint) {
        plan.selection.includes($0)
      }
    }
    var past = Interleaving(places)
    var kept: [SniffedEvent] = []
    while true {
      switch past.next() {
      case .fetch(let stream, let after):
        let (records, next) = try await read(stream, after: after) ?? ([], nil)
        past.add(stream, page: records, next: next)
      case .print(let record):
        let event = SniffedEvent(record)
        if case .last = plan.start {
          if plan.selection.includes(event) { kept.append(event) }
          continue
        }
        let outcome = sink.receive(event)
        guard case .more = outcome else { return outcome }
      case .end: return give(kept)
      }
    }
  }

  /// Gives the last of the past events, as many as are wanted.
  private func give(_ kept: [SniffedEvent]) -> SinkOutcome {
    guard case .last(let count) = plan.start else { return .more }
    for event in kept.suffix(count) {
      let outcome = sink.receive(event)
      guard case .more = outcome else { return outcome }
    }
    return .more
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
        if plan.needsAllLogs { throw Self.unread(stream) }
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

  private mutating func receive(_ message: Message) async throws -> SinkOutcome {
    let frames = Array(message.frames)
    if plan.isRaw { return sink.receiveForeign(frames) }
    if let record = Record(frames: frames) { return try await receive(record) }
    guard let beat = Beat(frames: frames), let topic = frames.first else {
      return sink.receiveForeign(frames)
    }
    let outcome = try await receive(beat)
    guard case .more = outcome else { return outcome }
    return sink.receive(beat, topic: String(decoding: topic, as: UTF8.self))
  }

  private mutating func receive(_ record: Record) async throws -> SinkOutcome {
    let stream = record.topic.stream
    let header = record.header
    presence.heard(stream)
    switch merge.receive(stream, epoch: header.epoch, sequence: header.sequence) {
    case .print:
      heard.insert(stream)
      return sink.receive(SniffedEvent(record))
    case .skip: return .more
    case .otherHistory(let epoch):
      reportNewHistory(stream, epoch: epoch)
      return try await receive(record)
    case .fetch(let after):
      let outcome = try await fill(stream, after: after, before: header.sequence).outcome
      guard case .more = outcome else { return outcome }
      if case .fetch = merge.receive(stream, epoch: header.epoch, sequence: header.sequence) {
        merge.skipAhead(stream, epoch: header.epoch, at: header.sequence)
        return sink.receive(SniffedEvent(record))
      }
      return .more
    }
  }

  private mutating func receive(_ beat: Beat) async throws -> SinkOutcome {
    guard let epoch = beat.cursor.epoch else { return .more }
    presence.heard(beat.stream)
    let sequence = beat.cursor.sequence
    switch merge.receiveBeat(beat.stream, epoch: epoch, upTo: sequence) {
    case .print, .skip: heard.insert(beat.stream)
    case .otherHistory(let epoch): reportNewHistory(beat.stream, epoch: epoch)
    case .fetch(let after):
      let filled = try await fill(beat.stream, after: after, before: sequence &+ 1)
      if case .fetch = merge.receiveBeat(beat.stream, epoch: epoch, upTo: sequence) {
        merge.skipAhead(beat.stream, epoch: epoch, at: sequence)
      }
      return filled.outcome
    }
    return .more
  }

  /// Reads the events that were missed on the wire from the log.
  ///
  /// - Throws: ``Failure`` 1 where a gap is a failure.
  private mutating func fill(_ stream: String, after: UInt64, before end: UInt64) async throws
    -> (outcome: SinkOutcome, isWhole: Bool)
  {
    // The first message of a stream may come after events that were published before it was heard.
    let isGap = !heard.insert(stream).inserted
    let missed = end > after &+ 2 ? "#\(after &+ 1) to #\(end &- 1)" : "#\(after &+ 1)"
    if isGap {
      Output.notes.line("\(stream): a gap on the wire: \(missed) did not come")
      if plan.endsAtGap { throw Failure(.refused, "\(stream) has a gap on the wire: \(missed)") }
    }
    let filled = try await readOn(stream, after: after)
    if isGap {
      Output.notes.line(
        "\(stream): \(missed) \(filled.isWhole ? "is read from the log" : "stays missing")")
    }
    return filled
  }

  /// Reads a log from a place to its end.
  private mutating func readOn(_ stream: String, after: UInt64) async throws
    -> (outcome: SinkOutcome, isWhole: Bool)
  {
    var place: UInt64? = after
    while let after = place {
      guard let (records, next) = try await read(stream, after: after) else {
        return (.more, false)
      }
      for record in records {
        let outcome = sink.receive(SniffedEvent(record))
        guard case .more = outcome else { return (outcome, true) }
      }
      place = next
    }
    return (.more, true)
  }

  private func reportNewHistory(_ stream: String, epoch: Epoch) {
    Output.notes.line("\(stream) has another history, epoch \(epoch)")
  }
}
