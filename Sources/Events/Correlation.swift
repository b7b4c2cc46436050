public import Runtime

/// The identity of a piece of work.
///
/// It passes to every event and log line of the work, and to all their consequences.
public struct Correlation: Hashable, Sendable {
  /// The work that the present task does: log lines name it, and what it writes belongs to it.
  ///
  /// The shell sets it for each request, and for the start. A service sets it around work that it
  /// begins by itself:
  ///
  /// ```swift
  /// try await Correlation.$current.withValue(.beginning(in: runtime)) {
  ///   try await journal.write { try $0.closeTheDay() }
  /// }
  /// ```
  @TaskLocal public static var current: Correlation?

  /// The id that follows the work through all services (`correlationid`): the Request ID of the
  /// HTTP request that began it, or an id made at another beginning.
  public var id: String
  /// The HTTP request that triggered just this step (`requestid`), where one did.
  public var requestID: String?
  /// The event that caused just this step (`causationid`); absent at a trigger.
  public var causationID: Identifier?
  /// The trace that the step is a span of.
  public var trace: TraceParent
  /// What tracing systems keep beside the trace (`tracestate`), where a request brought it.
  public var traceState: TraceState?
  /// The span of another trace that triggered just this step, for example the request of an
  /// approval; it is not on the wire.
  public var linkedTrace: TraceParent?

  /// A correlation with these parts.
  public init(
    id: String, requestID: String? = nil, causationID: Identifier? = nil, trace: TraceParent,
    traceState: TraceState? = nil
  ) {
    self.id = id
    self.requestID = requestID
    self.causationID = causationID
    self.trace = trace
    self.traceState = traceState
  }

  /// Work that an HTTP request begins.
  public static func request(
    _ id: String, trace: TraceParent, traceState: TraceState? = nil
  ) -> Correlation {
    Correlation(id: id, requestID: id, trace: trace, traceState: traceState)
  }

  /// Work that no request and no event began: a timer, a command, a start.
  public static func beginning(in runtime: RuntimeContext) -> Correlation {
    Correlation(
      id: runtime.identifier().description, trace: TraceParent.random(in: runtime))
  }

  /// The work that an event of this work causes: the same id and trace, the event as the cause, no
  /// request.
  public func caused(by event: Identifier) -> Correlation {
    Correlation(
      id: id, causationID: event, trace: trace.span(event.low), traceState: traceState)
  }

  /// The same step, done for work that began elsewhere: approving an order is a request of its
  /// own, and belongs to the work that captured the order.
  public func continuing(_ id: String) -> Correlation {
    var continued = self
    continued.id = id
    return continued
  }
}

/// The place of a step in a distributed trace: W3C Trace Context, version 00.
public struct TraceParent: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64
  private let span: UInt64
  private let flagBits: UInt8

  /// 32 hexadecimal digits, not all zero.
  public var traceID: String { Epoch(high).description + Epoch(low).description }
  /// 16 hexadecimal digits, not all zero.
  public var spanID: String { Epoch(span).description }
  /// Two hexadecimal digits; `01` is sampled.
  public var flags: String { String(description.suffix(2)) }

  /// Reads a `traceparent` value; nil when it is invalid, which means to begin a new trace.
  public init?(_ text: String) { self.init(ascii: text) }

  /// A later version has the same beginning, and may go on behind another dash.
  package init?(ascii text: UnsafeBufferPointer<UInt8>) {
    let dash = UInt8(ascii: "-")
    guard text.count >= 55, text[2] == dash, text[35] == dash, text[52] == dash,
      let version = Self.number(text[0..<2]), version < 0xff,
      text.count == 55 || version > 0 && text[55] == dash,
      !text[3..<52].contains(where: (UInt8(ascii: "A")...UInt8(ascii: "F")).contains)
    else { return nil }
    let bytes = UnsafeRawBufferPointer(text)
    guard let high = UInt64(hexadecimal: bytes, at: 3),
      let low = UInt64(hexadecimal: bytes, at: 19), let span = UInt64(hexadecimal: bytes, at: 36),
      let flags = Self.number(text[53..<55]), high | low != 0, span != 0
    else { return nil }
    self.init(high: high, low: low, span: span, flags: flags)
  }

  /// Two lower-case digits.
  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt8? {
    var number: UInt8 = 0
    for digit in digits {
      guard let value = digit.hexadecimalValue, digit == UInt8(hexadecimal: UInt64(value)) else {
        return nil
      }
      number = number << 4 | value
    }
    return number
  }

  private init(high: UInt64, low: UInt64, span: UInt64, flags: UInt8 = 1) {
    self.high = high
    self.low = low
    self.span = max(span, 1)
    flagBits = flags
  }

  /// The beginning of a new trace.
  public static func random(in runtime: RuntimeContext) -> TraceParent {
    TraceParent(high: runtime.random(), low: max(runtime.random(), 1), span: runtime.random())
  }

  /// The trace of an event that came without one: always the same for the same event.
  package init(of event: Identifier) {
    self.init(high: event.high, low: event.low, span: event.low)
  }

  /// Whether the system that began the trace records it.
  package var isSampled: Bool { flagBits & 1 == 1 }

  /// Another span of the same trace.
  public func span(_ number: UInt64) -> TraceParent {
    TraceParent(high: high, low: low, span: number, flags: flagBits)
  }
}

extension TraceParent: ASCIIForm {
  package static let longestText = 55

  package func write(ascii text: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let bytes = UnsafeMutableRawBufferPointer(text)
    bytes.copyBytes(from: "00-".utf8)
    high.write(hexadecimal: bytes, at: 3)
    low.write(hexadecimal: bytes, at: 19)
    text[35] = UInt8(ascii: "-")
    span.write(hexadecimal: bytes, at: 36)
    text[52] = UInt8(ascii: "-")
    text[53] = UInt8(hexadecimal: UInt64(flagBits >> 4))
    text[54] = UInt8(hexadecimal: UInt64(flagBits & 15))
    return Self.longestText
  }
}

extension TraceParent: CustomStringConvertible {
  /// The `traceparent` value.
  public var description: String { text }
}

extension TraceParent: Codable {
  /// Reads a `traceparent` value.
  public init(from decoder: any Decoder) throws {
    self = try decoder.hexadecimal("a traceparent of version 00", TraceParent.init(_:))
  }

  /// Writes the `traceparent` value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
