import Events
import FoundationEssentials
import Runtime

/// An event in its third version, which readers of the second may apply.
struct Noted: Event {
  static let schema = PayloadSchema("thing.noted", version: 3, leastReader: 2)
  static let past: [any Superseded.Type] = [V1.self]

  var thing: String
  var note: String?
  var by: String?

  var subject: String { thing }

  struct V1: Superseded {
    static let schema = PayloadSchema("thing.noted", version: 1, leastReader: 1)
    var thing: String
    var upcast: Noted { Noted(thing: thing, note: nil, by: nil) }
  }
}

/// The same event as a program of a later day has it, with a least reader of choice.
struct Later: Payload {
  static let schema = PayloadSchema("thing.noted", version: 5, leastReader: 3)
  var thing: String
  var note: String?
  var rating = 5
}

enum Sample {
  static let id = identifier("019e0c5a-7b00-7005-8005-000000000005")
  static let cause = identifier("019e0c5a-7b00-7006-8006-000000000006")
  static let time = Timestamp(microseconds: 1_779_019_200_123_456)
  static let trace = traceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

  static func identifier(_ text: String) -> Identifier {
    guard let identifier = Identifier(text) else { fatalError("\(text) is not an identifier") }
    return identifier
  }

  static func traceParent(_ text: String) -> TraceParent {
    guard let trace = TraceParent(text) else { fatalError("\(text) is not a traceparent") }
    return trace
  }

  static func envelope<Content: Payload>(
    _ data: Content, sequence: UInt64 = 7, correlation: Correlation? = nil
  ) -> Envelope<Content> {
    Envelope(
      id: id, stream: "things", subject: "t1", time: time, sequence: sequence,
      correlation: correlation ?? Correlation(id: "c1", trace: trace), data: data)
  }

  static func record<Content: Payload>(
    _ data: Content, leastReader: UInt16 = Content.schema.leastReader
  ) throws -> Record {
    let schema = Content.schema
    return Record(
      topic: Topic(stream: "things", type: schema.type, version: schema.version),
      header: header(version: schema.version, leastReader: leastReader),
      body: try envelope(data).body())
  }

  /// Reads a body as that of an event with this content.
  static func read<Content: Payload>(
    _ content: Content.Type, from body: Data, sequence: UInt64 = 7
  ) throws -> Envelope<Content> {
    let schema = Content.schema
    return try Envelope(
      Record(
        topic: Topic(stream: "things", type: schema.type, version: schema.version),
        header: header(version: schema.version, sequence: sequence), body: body), as: schema)
  }

  static func header(
    isBeat: Bool = false, version: UInt16, leastReader: UInt16 = 1, sequence: UInt64 = 7
  ) -> Header {
    Header(
      isBeat: isBeat, schemaVersion: version, leastReader: leastReader, epoch: Epoch(1),
      sequence: sequence, committedAt: time, chain: .zero)
  }

  /// RuntimeContext whose clock stands still and whose random numbers are 1, 2, 3 and so on.
  static func runtime() -> RuntimeContext {
    let counter = Counter()
    return RuntimeContext(
      now: { time }, uptime: { .zero }, random: { counter.next() })
  }
}

func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }
