import FoundationEssentials
import Glibc
import Runtime

/// The body of an event in the form in which this program writes it: the members in the order of their
/// names, no spaces, strings of plain ASCII.
///
/// Nothing is looked for: each name is compared where it must stand. A body in another form is none,
/// and left to the general reader, which accepts or refuses it.
struct WrittenBody {
  let attributes: EventAttributes
  let data: JSONReader

  /// - Parameter expected: shared where the body has them.
  init?(_ body: [UInt8], expecting expected: ExpectedTexts) {
    var tokens: [JSONText.Token] = []
    let attributes = body.withUnsafeBufferPointer { bytes in
      var scan = Scan(bytes)
      return scan.attributes(expecting: expected, data: &tokens)
    }
    guard let attributes else { return nil }
    self.attributes = attributes
    data = JSONReader(text: JSONText(bytes: body, tokens: tokens), index: 0)
  }
}

extension WrittenBody.Scan {
  /// Reads a whole body.
  mutating func attributes(
    expecting expected: ExpectedTexts, data: inout [JSONText.Token]
  ) -> EventAttributes? {
    var causationID: Identifier?
    var requestID: String?
    var traceState: TraceState?
    if takes(.causationid) {
      causationID = value()
      if causationID == nil { return nil }
    }
    guard takes(.correlationid), let correlationID = string(),
      takes(.data), takesData(&data),
      takes(.datacontenttype), takes("application/json"),
      takes(.dataschema), let dataSchema = string(expecting: expected.dataSchema),
      takes(.id), let id: Identifier = value()
    else { return nil }
    if takes(.requestid) {
      requestID = string()
      if requestID == nil { return nil }
    }
    guard takes(.sequence), let sequence: PaddedNumber = value(),
      takes(.source),
      let stream = string(behind: sourcePrefix, expecting: expected.stream),
      takes(.specversion), takes("1.0"),
      takes(.subject), let subject = string(),
      takes(.time), let time: Timestamp = value(),
      takes(.traceparent), let trace: TraceParent = value()
    else { return nil }
    if takes(.tracestate) {
      guard let text = string() else { return nil }
      traceState = TraceState(text)
    }
    guard takes(.type), let type = string(expecting: expected.type), isAtEnd else {
      return nil
    }
    return EventAttributes(
      id: id, stream: stream, subject: subject, time: time, sequence: sequence.number, type: type,
      dataSchema: dataSchema,
      correlation: Correlation(
        id: correlationID, requestID: requestID, causationID: causationID, trace: trace,
        traceState: traceState))
  }
}

extension WrittenBody {
  /// A place in the bytes of a body.
  fileprivate struct Scan {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Whether nothing is left but the brace that closes the object.
    var isAtEnd: Bool { position == bytes.count - 1 && bytes[position] == UInt8(ascii: "}") }

    /// Moves past the name of a member, where it stands here.
    mutating func takes(_ attribute: EventAttribute) -> Bool {
      let opening = attribute.opening
      let mark = position == 0 ? UInt8(ascii: "{") : UInt8(ascii: ",")
      guard position < bytes.count, bytes[position] == mark,
        stands(opening.utf8Start + 1, count: opening.utf8CodeUnitCount - 1, at: position + 1)
      else { return false }
      position += opening.utf8CodeUnitCount
      return true
    }

    /// Moves past a string, where this one stands here.
    mutating func takes(_ text: StaticString) -> Bool {
      stands(text.utf8Start, count: text.utf8CodeUnitCount, at: position + 1)
        && closes(at: position + 1 + text.utf8CodeUnitCount)
    }

    /// Moves past the data, and gives its tokens.
    mutating func takesData(_ tokens: inout [JSONText.Token]) -> Bool {
      var parser = JSONParser(bytes, takesInfinity: true)
      guard let data = try? parser.member(at: position) else { return false }
      tokens = data.tokens
      position = data.end
      return true
    }

    /// The string that stands here.
    mutating func string() -> String? {
      plain().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The string that stands here; the expected one is not copied.
    mutating func string(expecting expected: String) -> String? {
      takes(expected, behind: "") ? expected : string()
    }

    /// The expected string, where it stands here behind a beginning.
    mutating func string(behind beginning: String, expecting expected: String) -> String? {
      takes(expected, behind: beginning) ? expected : nil
    }

    /// The value whose form is the string that stands here.
    mutating func value<Value: ASCIIForm>() -> Value? { plain().flatMap(Value.init(ascii:)) }

    private mutating func takes(_ text: String, behind beginning: String) -> Bool {
      stands(beginning, at: position + 1) && stands(text, at: position + 1 + beginning.utf8.count)
        && closes(at: position + 1 + beginning.utf8.count + text.utf8.count)
    }

    /// Moves past a string, where it begins here and ends there.
    private mutating func closes(at end: Int) -> Bool {
      guard end < bytes.count, bytes[position] == UInt8(ascii: "\""),
        bytes[end] == UInt8(ascii: "\"")
      else { return false }
      position = end + 1
      return true
    }

    private func stands(_ text: String, at place: Int) -> Bool {
      var text = text
      return text.withUTF8 { text in
        text.baseAddress.map { stands($0, count: text.count, at: place) } ?? true
      }
    }

    /// The bytes of a string of plain ASCII.
    private mutating func plain() -> UnsafeBufferPointer<UInt8>? {
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
      let end = bytes.endOfPlain(from: position + 1)
      guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
      defer { position = end + 1 }
      return UnsafeBufferPointer(rebasing: bytes[(position + 1)..<end])
    }

    private func stands(_ text: UnsafePointer<UInt8>, count: Int, at place: Int) -> Bool {
      guard let start = bytes.baseAddress, place + count <= bytes.count else { return false }
      return memcmp(start + place, text, count) == 0
    }
  }
}
