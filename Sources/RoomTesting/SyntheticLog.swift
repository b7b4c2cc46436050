public import Events
import FoundationEssentials
public import Journal

/// Another service's log, written by hand: its events have their numbers and their chain.
public final class SyntheticLog {
  /// The stream.
  public let stream: String
  /// The history that further events belong to.
  public var epoch: Epoch
  /// The first number from which the log is complete.
  public var floor: UInt64 = 1
  /// The events of the log, from the first one.
  public private(set) var records: [Record] = []
  private let clock: TestClock

  /// An empty log.
  ///
  /// - Parameters:
  ///   - stream: the name of the service.
  ///   - clock: the time at which events are committed.
  ///   - epoch: the history.
  public init(_ stream: String, clock: TestClock = TestClock(), epoch: Epoch = Epoch(7)) {
    self.stream = stream
    self.clock = clock
    self.epoch = epoch
  }

  /// A copy with its own end, in another history: the same log after a restore.
  public init(forking log: SyntheticLog, into epoch: Epoch) {
    stream = log.stream
    clock = log.clock
    records = log.records
    floor = log.floor
    self.epoch = epoch
  }

  /// The number of the last event; 0 before the first.
  public var head: UInt64 { UInt64(records.count) }
  /// The end of the log.
  public var cursor: Cursor { cursor(at: head) }

  /// The place after an event.
  public func cursor(at sequence: UInt64) -> Cursor {
    Cursor(
      epoch: epoch, sequence: sequence,
      chain: sequence == 0 ? .zero : self[sequence].header.chain)
  }

  /// An event by its number.
  public subscript(sequence: UInt64) -> Record { records[Int(sequence) - 1] }
  /// Events by their numbers.
  public subscript(range: ClosedRange<UInt64>) -> [Record] { range.map { self[$0] } }

  /// The next event of the log.
  ///
  /// - Parameters:
  ///   - event: the event.
  ///   - request: the id of the work that it belongs to.
  @discardableResult
  public func next(_ event: some Event, request: String = "work-1") throws -> Record {
    try next(event, about: event.subject, request: request)
  }

  /// The next event of the log, as a step of work that another event has begun.
  ///
  /// - Parameters:
  ///   - event: the event.
  ///   - work: the consequence of the event that caused it.
  @discardableResult
  public func next(_ event: some Event, in work: Correlation) throws -> Record {
    try next(event, about: event.subject, in: work)
  }

  /// The next event of the log, in any version.
  ///
  /// - Parameters:
  ///   - payload: the event's data.
  ///   - subject: the event's subject.
  ///   - request: the id of the work that it belongs to, where that begins with it.
  ///   - work: the work that it belongs to, where another event has begun it.
  ///   - leastReader: the least reader in the header; that of the version by default.
  ///   - body: the body, for one that is not the payload's.
  @discardableResult
  public func next(
    _ payload: some Payload, about subject: String, request: String = "work-1",
    in work: Correlation? = nil, leastReader: UInt16? = nil, body: String? = nil
  ) throws -> Record {
    let schema = type(of: payload).schema
    let topic = Topic(stream: stream, type: schema.type, version: schema.version)
    let envelope = Envelope(
      id: clock.identifier(), stream: stream, subject: subject, time: clock.now,
      sequence: head + 1, correlation: work ?? clock.request(request), data: payload)
    let bytes = try body.map { Data($0.utf8) } ?? envelope.body()
    let record = Record(
      topic: topic,
      header: Header(
        schemaVersion: schema.version, leastReader: leastReader ?? schema.leastReader,
        epoch: epoch, sequence: head + 1, committedAt: clock.now,
        chain: cursor.chain.appending(topic: topic, body: bytes)), body: bytes)
    records.append(record)
    return record
  }
}
