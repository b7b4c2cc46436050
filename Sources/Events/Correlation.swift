public import Runtime

/// The identity of a piece of work.
///
/// It passes to every event and log line of the work, and to all their consequences.
public struct Correlation: Hashable, Sendable {
  /// The id that follows the work through all services (`correlationid`): the Request ID of the
  /// HTTP request that began it, or an id made at another beginning.
  public var id: String
  /// The HTTP request that triggered just this step (`requestid`), where one did.
  public var requestID: String?
  /// The event that caused just this step (`causationid`); absent at a trigger.
  public var causationID: Identifier?
  /// The trace that the step is a span of.
  public var trace: TraceParent

  /// A correlation with these parts.
  public init(
    id: String, requestID: String? = nil, causationID: Identifier? = nil, trace: TraceParent
  ) {
    self.id = id
    self.requestID = requestID
    self.causationID = causationID
    self.trace = trace
  }

  /// Work that an HTTP request begins.
  public static func request(_ id: String, trace: TraceParent) -> Correlation {
    Correlation(id: id, requestID: id, trace: trace)
  }

  /// Work that no request and no event began: a timer, a command, a start.
  public static func beginning(in runtime: RuntimeContext) -> Correlation {
    Correlation(
      id: runtime.identifier().description, trace: TraceParent.random(in: runtime))
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
  /// 32 hexadecimal digits, not all zero.
  public let traceID: String
  /// 16 hexadecimal digits, not all zero.
  public let spanID: String
  /// Two hexadecimal digits; `01` is sampled.
  public let flags: String

  /// Reads a `traceparent` value; nil when it is invalid, which means to begin a new trace.
  public init?(_ text: String) {
    if let usual = Self.usual(text) {
      self = usual
      return
    }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 4, parts[0] == "00" ? parts.count == 4 : parts[0] != "ff",
      Self.isHex(parts[0], count: 2), Self.isHex(parts[1], count: 32),
      Self.isHex(parts[2], count: 16),
      Self.isHex(parts[3], count: 2),
      parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
    else { return nil }
    traceID = parts[1]
    spanID = parts[2]
    flags = parts[3]
  }

  /// Reads the one form that this system writes, by its bytes; nil for any other text, right or
  /// wrong.
  private static func usual(_ text: String) -> TraceParent? {
    var text = text
    return text.withUTF8 { bytes in
      func text(_ range: Range<Int>) -> String? {
        let digits = UnsafeBufferPointer(rebasing: bytes[range])
        guard digits.allSatisfy({ $0.isLowerHexadecimalDigit }),
          digits.contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        return String(decoding: digits, as: UTF8.self)
      }
      let dash = UInt8(ascii: "-")
      guard bytes.count == 55, bytes[0] == UInt8(ascii: "0"), bytes[1] == UInt8(ascii: "0"),
        bytes[2] == dash, bytes[35] == dash, bytes[52] == dash, bytes[53] == UInt8(ascii: "0"),
        bytes[54] == UInt8(ascii: "1"), let traceID = text(3..<35), let spanID = text(36..<52)
      else { return nil }
      return TraceParent(traceID: traceID, spanID: spanID, flags: "01")
    }
  }

  private init(traceID: String, spanID: String, flags: String) {
    self.traceID = traceID
    self.spanID = spanID
    self.flags = flags
  }

  private init(traceID: String, span: UInt64, flags: String) {
    self.traceID = traceID
    self.spanID = Epoch(max(span, 1)).description
    self.flags = flags
  }

  /// The beginning of a new trace.
  public static func random(in runtime: RuntimeContext) -> TraceParent {
    let high = runtime.random()
    let low = max(runtime.random(), 1)
    return TraceParent(
      traceID: Epoch(high).description + Epoch(low).description,
      span: runtime.random(), flags: "01")
  }

  /// The trace of an event that came without one: always the same for the same event.
  package init(of event: Identifier) {
    self.init(
      traceID: event.description.filter { $0 != "-" }, span: event.low, flags: "01")
  }

  /// Another span of the same trace.
  public func span(_ number: UInt64) -> TraceParent {
    TraceParent(traceID: traceID, span: number, flags: flags)
  }

  private static func isHex(_ text: String, count: Int) -> Bool {
    text.utf8.count == count && text.allSatisfy { "0123456789abcdef".contains($0) }
  }
}

extension UInt8 {
  fileprivate var isLowerHexadecimalDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: false
    }
  }
}

extension TraceParent: CustomStringConvertible {
  /// The `traceparent` value.
  public var description: String { "00-\(traceID)-\(spanID)-\(flags)" }
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
