// The CloudEvents 1.0 JSON form of an envelope.

package import FoundationEssentials
import Runtime

private enum Attribute: String, CodingKey {
  case specversion, id, source, type, subject, time, datacontenttype, dataschema, data
  case sequence, correlationid, causationid, requestid, traceparent
}

private let sourcePrefix = "urn:eventually:"

extension Envelope where Content: Encodable {
  /// The attributes and the data of a CloudEvent, in the order of their names.
  package func json() throws -> Data {
    var output = JSONOutput()
    var mark: StaticString = "{\""
    func name(_ attribute: StaticString) {
      output.append(json: mark)
      output.append(json: attribute)
      output.append(json: "\":")
      mark = ",\""
    }
    func write(_ text: String, as attribute: StaticString) {
      name(attribute)
      output.append(text)
    }
    if let cause = correlation.causationID { write(cause.description, as: "causationid") }
    write(correlation.id, as: "correlationid")
    name("data")
    try output.append(data)
    write("application/json", as: "datacontenttype")
    write(dataSchema, as: "dataschema")
    write(id.description, as: "id")
    if let requestID = correlation.requestID { write(requestID, as: "requestid") }
    write(padded(sequence), as: "sequence")
    write(sourcePrefix + stream, as: "source")
    write("1.0", as: "specversion")
    write(subject, as: "subject")
    write(time.description, as: "time")
    write(correlation.trace.description, as: "traceparent")
    write(type, as: "type")
    output.append(json: "}")
    return output.data
  }
}

extension Envelope: Decodable where Content: Decodable {
  /// Reads the attributes and the data of a CloudEvent.
  public init(from decoder: any Decoder) throws {
    try self.init(members: try decoder.container(keyedBy: Attribute.self))
  }

  /// Reads the body of an event: as ``init(from:)``, and without a box around each member.
  init(body: Data) throws {
    let object = JSONReader(text: try JSONText(body, takesInfinity: true), index: 0)
    guard object.kind == .object else { throw object.mismatch([String: Any].self) }
    try self.init(members: JSONMembers<Attribute>(object: object))
  }

  private init<Members: KeyedDecodingContainerProtocol>(members container: Members) throws
  where Members.Key == Attribute {
    func fail(_ attribute: Attribute, sentence: String) -> DecodingError {
      .dataCorruptedError(forKey: attribute, in: container, debugDescription: sentence)
    }
    guard try container.decode(String.self, forKey: .specversion) == "1.0" else {
      throw fail(.specversion, sentence: "only CloudEvents 1.0 is read")
    }
    let source = try container.decode(String.self, forKey: .source)
    guard source.hasPrefix(sourcePrefix) else {
      throw fail(.source, sentence: "the source begins with \(sourcePrefix)")
    }
    guard let sequence = UInt64(try container.decode(String.self, forKey: .sequence)) else {
      throw fail(.sequence, sentence: "the sequence is a number of 20 digits")
    }
    let id = try container.decode(Identifier.self, forKey: .id)
    // These three are looked up by, and no database keeps a zero byte in a text.
    func key(_ attribute: Attribute) throws -> String {
      let text = try container.decode(String.self, forKey: attribute)
      guard !text.utf8.contains(0) else { throw fail(attribute, sentence: "has a zero byte") }
      return text
    }
    self.init(
      id: id,
      stream: String(source.dropFirst(sourcePrefix.count)),
      subject: try key(.subject),
      time: try container.decode(Timestamp.self, forKey: .time),
      sequence: sequence,
      type: try container.decode(String.self, forKey: .type),
      dataSchema: try container.decode(String.self, forKey: .dataschema),
      correlation: Correlation(
        id: try key(.correlationid),
        requestID: try container.decodeIfPresent(String.self, forKey: .requestid) == nil
          ? nil : try key(.requestid),
        causationID: try container.decodeIfPresent(Identifier.self, forKey: .causationid),
        trace: (try? container.decode(TraceParent.self, forKey: .traceparent))
          ?? TraceParent(of: id)),
      data: try container.decode(Content.self, forKey: .data))
  }
}

/// Twenty digits hold every 64-bit number, so that text order is number order.
private func padded(_ sequence: UInt64) -> String {
  let digits = String(sequence)
  return String(repeating: "0", count: 20 - digits.utf8.count) + digits
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
    case is [String: Any].Type: "an object"
    case is [Any].Type: "a list"
    default: "a value of the right kind"
    }
  }
}
