public import Events

/// Another service's log, written by hand: its events come with their numbers and their chain.
public final class SyntheticLog {
  private let stream: String
  private let epoch = Epoch(7)
  private var sequence: UInt64 = 0
  private var chain = Chain.zero
  private let clock: TestClock

  /// An empty log.
  ///
  /// - Parameters:
  ///   - stream: whose it is.
  ///   - clock: the clock by which its events are said.
  public init(_ stream: String, clock: TestClock) {
    self.stream = stream
    self.clock = clock
  }

  /// The next event of the log.
  ///
  /// - Parameters:
  ///   - event: what happened.
  ///   - request: the id of the work that it belongs to.
  public func next(_ event: some Event, request: String = "work-1") throws -> Record {
    try next(event, about: event.subject, request: request)
  }

  /// The next event of the log, in any version.
  public func next(
    _ payload: some Payload, about subject: String, request: String = "work-1"
  ) throws -> Record {
    let schema = type(of: payload).schema
    let topic = Topic(stream: stream, type: schema.type, version: schema.version)
    sequence += 1
    let body = try Envelope(
      id: clock.identifier(), stream: stream, subject: subject, time: clock.now,
      sequence: sequence, correlation: clock.request(request), data: payload
    ).body()
    chain = chain.appending(topic: topic, body: body)
    return Record(
      topic: topic,
      header: Header(
        schemaVersion: schema.version, leastReader: schema.leastReader, epoch: epoch,
        sequence: sequence, committedAt: clock.now, chain: chain), body: body)
  }
}
