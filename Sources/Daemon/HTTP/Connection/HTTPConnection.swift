import NIOCore

/// The state machine of one HTTP/1.1 connection: a value, without I/O and without a clock.
///
/// It collects requests and passes each one on, whole, with the reason where it is refused. It
/// decides when a client may send a body, when to stop reading, and when to close the connection.
/// Requests are answered in the order of arrival.
struct HTTPConnection {
  /// The next part to read.
  private enum Reading {
    /// The first byte of a request.
    case nothing
    case header
    case body
    /// The rest after a refusal: it is thrown away.
    case rest
  }

  private let limits: HTTPLimits
  private var reading = Reading.nothing
  /// The time at which the present reading began.
  private var since: NIODeadline
  /// The request that is being read.
  private var request: IncomingRequest?
  /// The number of requests that wait for their responses.
  private var unanswered = 0
  private var hasServed = false
  private var owesContinue = false
  /// Whether the connection is closed after the last response.
  private(set) var closes = false
  private var hasEnded = false
  /// Whether the client is given time to read the last response.
  private var lingers = true
  /// Whether a response without an end of its own is written.
  private var isStreaming = false
  /// The time at which the service began to stop; nil while it runs.
  private var stoppingSince: NIODeadline?
  /// The number of discarded bytes.
  private var drained = 0
  private var drainsUntil: NIODeadline?
  private var pendingWrites = 0
  /// Since when no piece has left.
  private var stalledSince: NIODeadline?

  init(limits: HTTPLimits, now: NIODeadline) {
    self.limits = limits
    since = now
  }
}

// MARK: Input

extension HTTPConnection {
  /// Bytes have come.
  ///
  /// - Returns: whether they are to be parsed; else they are thrown away.
  mutating func received(_ count: Int, at now: NIODeadline) -> Bool {
    switch reading {
    case .nothing:
      begin(.header, at: now)
      return true
    case .header, .body: return true
    case .rest:
      drained += count
      return false
    }
  }

  /// A header is complete.
  ///
  /// - Parameter refusal: why the request is refused by its header alone; nil where it is not. It
  ///   is not asked for where nothing more is served.
  mutating func began(
    _ head: IncomingRequest.Head, peers: Peers, refusal: @autoclosure () -> Problem?,
    at now: NIODeadline
  ) -> [Action] {
    // The connection closes after the response before it: nothing more is done (RFC 9112, 9.6).
    guard !closes else {
      reading = .rest
      return isOver && pendingWrites == 0 && drainsUntil == nil ? [.close(reason: nil)] : []
    }
    let refusal = refusal()
    begin(.body, at: now)
    request = IncomingRequest(head: head, peers: peers, refusal: refusal)
    closes = closes || head.closesConnection || stoppingSince != nil
    // A small body is read with the header, so that the connection goes on after the refusal.
    let isLong = head.isChunked || (head.length ?? 0) > limits.bodyBytes
    if let refusal, head.expectsContinue || isLong { return refuseRest(refusal) }
    guard head.expectsContinue else { return [] }
    owesContinue = unanswered > 0
    return owesContinue ? [] : [.proceed]
  }

  /// A piece of a body has come.
  mutating func received(_ piece: ByteBuffer) -> [Action] {
    guard reading == .body, let count = request?.body.readableBytes else { return [] }
    guard count + piece.readableBytes <= limits.bodyBytes else {
      return refuseRest(.bodyTooLarge)
    }
    var piece = piece
    request?.body.writeBuffer(&piece)
    return []
  }

  /// A request is complete.
  mutating func ended(at now: NIODeadline) -> [Action] {
    guard reading == .body, let request else { return [] }
    begin(closes ? .rest : .nothing, at: now)
    return deliver(request)
  }

  /// The connection is refused for want of room, and takes no place while its client reads.
  mutating func refused(_ problem: Problem, peers: Peers) -> [Action] {
    lingers = false
    return failed(problem, peers: peers)
  }

  /// A request cannot be read any further.
  mutating func failed(_ problem: Problem, peers: Peers) -> [Action] {
    guard reading != .rest else { return [] }
    if request == nil { request = IncomingRequest(peers: peers) }
    return refuseRest(problem)
  }

  /// The client sends nothing more.
  mutating func inputEnded() -> [Action] {
    hasEnded = true
    closes = true
    if reading == .nothing { reading = .rest }
    // The end of a client of a stream looks the same as the end of its requests.
    return isStreaming || isOver && pendingWrites == 0 ? [.close(reason: nil)] : []
  }

  /// The service stops: a request that arrives in time is answered as the last one, and a stream ends.
  ///
  /// ``deadline`` is another one from then on.
  mutating func quiesce(at now: NIODeadline) {
    stoppingSince = stoppingSince ?? now
    closes = closes || unanswered > 0 || reading == .body
  }

  /// Refuses the request that is being read, and throws its rest away.
  ///
  /// - Parameter problem: the reason, unless there was one before.
  private mutating func refuseRest(_ problem: Problem) -> [Action] {
    guard var request else { return [] }
    request.refusal = request.refusal ?? problem
    reading = .rest
    closes = true
    return deliver(request)
  }

  private mutating func deliver(_ request: IncomingRequest) -> [Action] {
    self.request = nil
    owesContinue = false
    unanswered += 1
    return [.deliver(request)]
  }

  private mutating func begin(_ reading: Reading, at now: NIODeadline) {
    self.reading = reading
    since = now
  }
}

// MARK: Output

extension HTTPConnection {
  /// A response without a length begins: it is the last of the connection, and requests behind it are
  /// not served.
  mutating func beganStream() {
    isStreaming = true
    closes = true
    reading = .rest
    request = nil
    unanswered = 1
  }

  /// A piece of a response is written, and has not left yet.
  mutating func wrote(at now: NIODeadline) {
    pendingWrites += 1
    stalledSince = stalledSince ?? now
  }

  /// A piece has left.
  mutating func sent(at now: NIODeadline) -> [Action] {
    pendingWrites -= 1
    stalledSince = pendingWrites > 0 ? now : nil
    guard pendingWrites == 0, isOver, drainsUntil == nil else { return [] }
    guard lingers, !hasEnded else { return [.close(reason: nil)] }
    // Closing at once would reset the connection where the client still sends, and the reset may
    // overtake the response (RFC 9112, 9.6).
    drainsUntil = now + (stoppingSince == nil ? limits.drainTime : limits.parting)
    return [.closeOutput]
  }

  /// The end of a response is written.
  mutating func answered(at now: NIODeadline) -> [Action] {
    unanswered -= 1
    isStreaming = false
    guard unanswered == 0 else { return [] }
    hasServed = true
    if reading == .nothing { since = now }
    guard owesContinue else { return [] }
    owesContinue = false
    return [.proceed]
  }

  /// Whether every response is written, and no other request is served.
  private var isOver: Bool {
    closes && unanswered == 0 && (reading == .rest || reading == .nothing)
  }
}

// MARK: Time and pressure

extension HTTPConnection {
  /// Whether more is to be read from the socket.
  ///
  /// Nothing is read while a response is made: a client's requests wait in its own socket.
  var wantsBytes: Bool {
    switch reading {
    case .nothing: unanswered == 0
    case .header, .body: true
    case .rest: drained <= limits.drain
    }
  }

  /// Whether more came after a refusal than is read.
  var isDrained: Bool { drained > limits.drain && isOver && pendingWrites == 0 }

  /// The time of the next timeout; nil without one.
  var deadline: NIODeadline? {
    [writeDeadline, drainsUntil, streamDeadline, readingDeadline, stopDeadline]
      .compactMap { $0 }.min()
  }

  private var writeDeadline: NIODeadline? {
    guard let stalledSince else { return nil }
    let usual = stalledSince + limits.write
    return stoppingSince.map { min(usual, max($0, stalledSince) + limits.stop) } ?? usual
  }

  private var streamDeadline: NIODeadline? {
    isStreaming ? stoppingSince.map { $0 + limits.stop } : nil
  }

  private var readingDeadline: NIODeadline? {
    switch reading {
    case .nothing: unanswered == 0 ? since + limits.idle : nil
    case .header: since + limits.header
    case .body: since + limits.body
    case .rest: nil
    }
  }

  /// The time by which the rest of a request has arrived at a service that stops.
  ///
  /// A connection without one is read once more: a request that is on its way is answered, and the
  /// client of a new connection has the time to send its first.
  private var stopDeadline: NIODeadline? {
    guard let stoppingSince else { return nil }
    return switch reading {
    case .nothing where unanswered > 0 || pendingWrites > 0: nil
    case .nothing where hasServed: stoppingSince + limits.parting
    case .nothing: max(stoppingSince + limits.parting, since + limits.stop)
    case .header, .body: stoppingSince + limits.stop
    case .rest: nil
    }
  }

  /// The actions at the deadline.
  mutating func expired(_ peers: Peers, at now: NIODeadline) -> [Action] {
    if let writeDeadline, now >= writeDeadline {
      return [.close(reason: "the client did not read its response")]
    }
    if let end = streamDeadline ?? drainsUntil, now >= end { return [.close(reason: nil)] }
    let isStopped = stopDeadline.map { now >= $0 } ?? false
    guard isStopped || (readingDeadline.map { now >= $0 } ?? false) else { return [] }
    switch reading {
    case .nothing, .rest: return [.close(reason: nil)]
    case .header, .body: return failed(lateness(isStopped: isStopped), peers: peers)
    }
  }

  private func lateness(isStopped: Bool) -> Problem {
    if isStopped { return .stopping }
    return reading == .header
      ? .timeout("header", limit: limits.header) : .timeout("body", limit: limits.body)
  }

  /// The present use of the connection.
  var standing: Standing {
    if pendingWrites > 0 { return .receiving }
    if unanswered > 0 { return .busy }
    return reading == .nothing && hasServed ? .idle : .receiving
  }
}
