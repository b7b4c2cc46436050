// The CloudEvents 1.0 JSON form of an envelope.

package import FoundationEssentials
import Runtime

let sourcePrefix = "urn:eventually:"

/// The members of the JSON form, in the order of their names.
enum EventAttribute: Int, CaseIterable {
  case causationid, correlationid, data, datacontenttype, dataschema, id, requestid, sequence
  case source, specversion, subject, time, traceparent, tracestate, type

  /// The name with what stands before it and behind it.
  ///
  /// Before the first member is a brace in place of the comma.
  var opening: StaticString {
    switch self {
    case .causationid: ",\"causationid\":"
    case .correlationid: ",\"correlationid\":"
    case .data: ",\"data\":"
    case .datacontenttype: ",\"datacontenttype\":"
    case .dataschema: ",\"dataschema\":"
    case .id: ",\"id\":"
    case .requestid: ",\"requestid\":"
    case .sequence: ",\"sequence\":"
    case .source: ",\"source\":"
    case .specversion: ",\"specversion\":"
    case .subject: ",\"subject\":"
    case .time: ",\"time\":"
    case .traceparent: ",\"traceparent\":"
    case .tracestate: ",\"tracestate\":"
    case .type: ",\"type\":"
    }
  }

  /// The bytes of the name.
  var name: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: opening.utf8Start + 2, count: opening.utf8CodeUnitCount - 4)
  }

  var key: JSONKey { JSONKey(String(decoding: name, as: UTF8.self)) }
}

extension Envelope where Content: Encodable {
  /// The attributes and the data of a CloudEvent, in the order of their names.
  package func json() throws -> Data { try attributes.json(with: data) }
}

extension EventAttributes {
  func json(with data: some Encodable) throws -> Data {
    var output = JSONOutput()
    try write(to: &output) { try $0.append(data) }
    // The comma of the first member.
    output.replaceByte(at: 0, by: "{")
    return output.data
  }

  private func write(
    to output: inout JSONOutput, data: (inout JSONOutput) throws -> Void
  ) rethrows {
    func write(_ text: String, as attribute: EventAttribute) {
      output.append(json: attribute.opening)
      output.append(text)
    }
    func write(_ value: some ASCIIForm, as attribute: EventAttribute) {
      output.append(json: attribute.opening)
      output.append(value)
    }
    if let cause = correlation.causationID { write(cause, as: .causationid) }
    write(correlation.id, as: .correlationid)
    output.append(json: EventAttribute.data.opening)
    try data(&output)
    write("application/json", as: .datacontenttype)
    write(dataSchema, as: .dataschema)
    write(id, as: .id)
    if let requestID = correlation.requestID { write(requestID, as: .requestid) }
    write(PaddedNumber(sequence), as: .sequence)
    output.append(json: EventAttribute.source.opening)
    output.append(json: "\"")
    output.appendEscaped(sourcePrefix)
    output.appendEscaped(stream)
    output.append(json: "\"")
    write("1.0", as: .specversion)
    write(subject, as: .subject)
    write(time, as: .time)
    write(correlation.trace, as: .traceparent)
    if let state = correlation.traceState { write(state.description, as: .tracestate) }
    write(type, as: .type)
    output.append(json: "}")
  }
}

extension Envelope where Content: Decodable {
  /// Reads the attributes and the data of a CloudEvent.
  init(body: Data, expecting expected: ExpectedTexts) throws {
    let body = body.withUnsafeBytes { [UInt8]($0) }
    if let written = WrittenBody(body, expecting: expected),
      let data = try? written.data.read(Content.self)
    {
      self.init(attributes: written.attributes, data: data)
      return
    }
    let members = try EventMembers(body)
    let attributes = try EventAttributes(members, expecting: expected)
    self.init(attributes: attributes, data: try members.reader(.data).read(Content.self))
  }
}

/// What some attributes of an event probably are: then they are these texts, and none is made.
struct ExpectedTexts {
  let stream: String
  let type: String
  let dataSchema: String
}

extension EventAttributes {
  fileprivate convenience init(_ members: EventMembers, expecting expected: ExpectedTexts) throws {
    guard try members.string(.specversion, expecting: "1.0") == "1.0" else {
      throw members.fault(.specversion, sentence: "only CloudEvents 1.0 is read")
    }
    guard let stream = try members.stream(expecting: expected.stream) else {
      throw members.fault(.source, sentence: "the source begins with \(sourcePrefix)")
    }
    guard let sequence = try members.number(.sequence) else {
      throw members.fault(.sequence, sentence: "the sequence is a number of 20 digits")
    }
    let id: Identifier = try members.value(.id)
    self.init(
      id: id, stream: stream, subject: try members.key(.subject),
      time: try members.value(.time), sequence: sequence,
      type: try members.string(.type, expecting: expected.type),
      dataSchema: try members.string(.dataschema, expecting: expected.dataSchema),
      correlation: Correlation(
        id: try members.key(.correlationid),
        requestID: members.has(.requestid) ? try members.key(.requestid) : nil,
        causationID: members.has(.causationid) ? try members.value(.causationid) : nil,
        trace: (try? members.value(.traceparent)) ?? TraceParent(of: id),
        traceState: members.traceState))
  }
}

/// The members of an event's body, found in one pass.
private struct EventMembers {
  private let text: JSONText
  /// The indices of the members' values, in the order of ``EventAttribute``; 0, the whole text's, for none.
  private var places = [15 of Int](repeating: 0)

  init(_ body: [UInt8]) throws {
    text = try JSONText(body, takesInfinity: true)
    let object = JSONReader(text: text, index: 0)
    guard object.kind == .object else { throw object.mismatch([String: Any].self) }
    var expected = 0
    for name in text.children(of: 0) {
      guard let attribute = attribute(named: name, expected: expected) else { continue }
      places[attribute] = name + 1
      expected = attribute + 1
    }
  }

  /// What we have written is in the order of the names; others may write in any.
  private func attribute(named name: Int, expected: Int) -> Int? {
    for attribute in expected..<places.count where isName(attribute, at: name) { return attribute }
    return (0..<expected).first { isName($0, at: name) }
  }

  private func isName(_ attribute: Int, at index: Int) -> Bool {
    text.isName(EventAttribute.allCases[attribute].name, at: index)
  }

  /// Whether a member is there and not null.
  func has(_ attribute: EventAttribute) -> Bool {
    let place = places[attribute.rawValue]
    return place > 0 && text.tokens[place].kind != .null
  }

  func reader(_ attribute: EventAttribute) throws -> JSONReader {
    let place = places[attribute.rawValue]
    guard place > 0 else {
      throw DecodingError.keyNotFound(
        attribute.key,
        DecodingError.Context(codingPath: [], debugDescription: "is missing"))
    }
    return JSONReader(text: text, index: place)
  }

  func fault(_ attribute: EventAttribute, sentence: String) -> DecodingError {
    .dataCorrupted(
      DecodingError.Context(
        codingPath: [attribute.key], debugDescription: sentence))
  }

  func string(_ attribute: EventAttribute, expecting expected: String = "") throws -> String {
    let reader = try reader(attribute)
    if text.isString(expected, at: reader.index) { return expected }
    return try reader.decode(String.self)
  }

  /// The name behind the source's prefix; nil where the source has another.
  func stream(expecting expected: String) throws -> String? {
    let reader = try reader(.source)
    if text.isString(expected, after: sourcePrefix, at: reader.index) { return expected }
    let source = try reader.decode(String.self)
    return source.hasPrefix(sourcePrefix) ? String(source.dropFirst(sourcePrefix.count)) : nil
  }

  /// A string by which the event is looked up: no database keeps a zero byte in a text.
  func key(_ attribute: EventAttribute) throws -> String {
    let key = try string(attribute)
    guard !key.utf8.contains(0) else { throw fault(attribute, sentence: "has a zero byte") }
    return key
  }

  /// An invalid one is none: the event is readable without.
  var traceState: TraceState? {
    guard has(.tracestate) else { return nil }
    return (try? string(.tracestate)).flatMap(TraceState.init)
  }

  func number(_ attribute: EventAttribute) throws -> UInt64? { UInt64(try string(attribute)) }

  func value<Value: ASCIIForm & Decodable>(_ attribute: EventAttribute) throws -> Value {
    let reader = try reader(attribute)
    if let value: Value = text.value(at: reader.index) { return value }
    return try reader.read(Value.self)
  }
}

/// The problem that a JSON decoder found, in one line with the path of the failing field.
package struct DecodingProblem: CustomStringConvertible {
  package let path: String
  package let sentence: String

  package init(_ error: any Error) {
    switch error as? DecodingError {
    case .keyNotFound(let key, let context):
      path = Self.path(context.codingPath + [key])
      sentence = "is missing"
    case .valueNotFound(_, let context):
      path = Self.path(context.codingPath)
      sentence = "is null"
    case .typeMismatch(let type, let context):
      path = Self.path(context.codingPath)
      sentence = "is not \(Self.name(of: type))"
    case .dataCorrupted(let context):
      path = Self.path(context.codingPath)
      sentence = context.debugDescription
    default:
      path = ""
      sentence = String(describing: error)
    }
  }

  package init(path: String, sentence: String) {
    self.path = path
    self.sentence = sentence
  }

  package var description: String { path.isEmpty ? sentence : "\(path): \(sentence)" }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { path, key in
      if let index = key.intValue { return "\(path)[\(index)]" }
      return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number that fits"
    case is any BinaryFloatingPoint.Type: "a number that fits"
    case is [String: Any].Type: "an object"
    case is [Any].Type: "a list"
    default: "a value of the right kind"
    }
  }
}
