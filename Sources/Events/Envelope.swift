public import FoundationEssentials
public import Runtime

/// The attributes of a CloudEvents 1.0 event: all but its data.
///
/// All copies of an envelope, and what is kept of it, share them.
package final class EventAttributes: Sendable {
  /// The event's own id.
  package let id: Identifier
  let stream: String
  /// As ``Envelope/subject``.
  package let subject: String
  /// As ``Envelope/time``.
  package let time: Timestamp
  /// As ``Envelope/sequence``.
  package let sequence: UInt64
  let type: String
  let dataSchema: String
  /// The work to which it belongs.
  package let correlation: Correlation

  init(
    id: Identifier, stream: String, subject: String, time: Timestamp, sequence: UInt64,
    type: String, dataSchema: String, correlation: Correlation
  ) {
    self.id = id
    self.stream = stream
    self.subject = subject
    self.time = time
    self.sequence = sequence
    self.type = type
    self.dataSchema = dataSchema
    self.correlation = correlation
  }

  /// As ``Envelope/consequence``.
  package var consequence: Correlation { correlation.caused(by: id) }
}

extension EventAttributes: Equatable {
  package static func == (left: EventAttributes, right: EventAttributes) -> Bool {
    left === right
      || (left.id, left.stream, left.subject, left.time, left.sequence)
        == (right.id, right.stream, right.subject, right.time, right.sequence)
        && (left.type, left.dataSchema, left.correlation)
          == (right.type, right.dataSchema, right.correlation)
  }
}

/// An event with its attributes: a CloudEvents 1.0 event.
public struct Envelope<Content> {
  // Together, so that they are read and written without a look at the content's type at run time.
  package let attributes: EventAttributes
  /// The payload.
  public let data: Content

  /// The event's own id.
  public var id: Identifier { attributes.id }
  /// The service that emitted it, and so its stream.
  public var stream: String { attributes.stream }
  /// Its subject: the order, or the settings.
  public var subject: String { attributes.subject }
  /// The time of its commit.
  public var time: Timestamp { attributes.time }
  /// Its number in the stream.
  public var sequence: UInt64 { attributes.sequence }
  /// The CloudEvents `type`, name and version in one.
  public var type: String { attributes.type }
  /// The CloudEvents `dataschema`.
  public var dataSchema: String { attributes.dataSchema }
  /// The work to which it belongs.
  public var correlation: Correlation { attributes.correlation }

  /// The correlation of the work that this event causes: the same correlation and trace, this event
  /// as the cause, no request.
  public var consequence: Correlation { attributes.consequence }

  /// The same event with other content.
  public func map<Other>(_ change: (Content) throws -> Other) rethrows -> Envelope<Other> {
    Envelope<Other>(attributes: attributes, data: try change(data))
  }
}

extension Envelope: Sendable where Content: Sendable {}
extension Envelope: Equatable where Content: Equatable {}

extension EventAttributes {
  /// The attributes of a new event.
  package convenience init(
    id: Identifier, stream: String, subject: String, time: Timestamp, sequence: UInt64,
    schema: PayloadSchema, correlation: Correlation
  ) {
    self.init(
      id: id, stream: stream, subject: subject, time: time, sequence: sequence,
      type: schema.cloudEventType, dataSchema: schema.dataSchema, correlation: correlation)
  }

  /// The body of the wire: JSON with sorted keys, so that equal events are equal bytes.
  ///
  /// - Throws: ``UnwritableEvent``, or what the data throws.
  package func body<Content: Payload>(with data: Content) throws -> Data {
    let body = try json(with: data)
    guard body.count <= Record.maxBodyBytes else {
      throw UnwritableEvent(type: Content.schema.type, bytes: body.count)
    }
    return body
  }
}

extension Envelope {
  package init(
    id: Identifier, stream: String, subject: String, time: Timestamp, sequence: UInt64,
    schema: PayloadSchema, correlation: Correlation, data: Content
  ) {
    self.init(
      attributes: EventAttributes(
        id: id, stream: stream, subject: subject, time: time, sequence: sequence, schema: schema,
        correlation: correlation),
      data: data)
  }
}

extension Envelope where Content: Payload {
  /// A new event, about to be written to a log.
  public init(
    id: Identifier, stream: String, subject: String, time: Timestamp, sequence: UInt64,
    correlation: Correlation, data: Content
  ) {
    self.init(
      id: id, stream: stream, subject: subject, time: time, sequence: sequence,
      schema: Content.schema, correlation: correlation, data: data)
  }

  /// The body of the wire: JSON with sorted keys, so that equal events are equal bytes.
  public func body() throws -> Data { try attributes.body(with: data) }
}

extension Envelope where Content: Decodable {
  /// Reads a record's body as an event with this content, and checks it against the frames
  /// around it.
  ///
  /// - Parameters:
  ///   - record: the record.
  ///   - schema: what the content is pinned as, where that is known.
  public init(_ record: Record, as schema: PayloadSchema? = nil) throws(UnreadableEvent) {
    let topic = record.topic
    var schema = schema
    if schema?.type != topic.type || schema?.version != topic.version { schema = nil }
    let type =
      schema?.cloudEventType
      ?? PayloadSchema.cloudEventType(topic.type, version: topic.version)
    do {
      try self.init(
        body: record.body,
        expecting: ExpectedTexts(
          stream: topic.stream, type: type, dataSchema: schema?.dataSchema ?? ""))
    } catch {
      throw UnreadableEvent(record, reason: .body(DecodingProblem(error).description))
    }
    guard self.type == type, stream == topic.stream,
      sequence == record.header.sequence
    else { throw UnreadableEvent(record, reason: .frames) }
  }
}

extension Event {
  /// Reads a record as this event: by its own version where that is known, and a newer one by
  /// the newest that is known, if its least reader allows that.
  ///
  /// - Throws: ``UnreadableEvent``; also where its subject differs from that in its data.
  public static func read(_ record: Record) throws -> Envelope<Self> {
    let envelope = try decode(record)
    guard envelope.subject == envelope.data.subject else {
      throw UnreadableEvent(record, reason: .subject(envelope.subject, data: envelope.data.subject))
    }
    return envelope
  }

  private static func decode(_ record: Record) throws -> Envelope<Self> {
    if let past = past.first(where: { $0.schema.version == record.topic.version }) {
      return try past.read(record, as: Self.self)
    }
    guard record.header.leastReader <= schema.version else {
      throw UnreadableEvent(record, reason: .tooNew(known: schema.version))
    }
    guard record.topic.version >= schema.version else {
      throw UnreadableEvent(record, reason: .retired)
    }
    return try Envelope<Self>(record, as: schema)
  }
}

/// An event that is too large for the wire.
public struct UnwritableEvent: Error, CustomStringConvertible {
  let type: String
  let bytes: Int

  /// The sentence for people.
  public var description: String {
    "\(type): the event has \(bytes) bytes, and the wire takes \(Record.maxBodyBytes)"
  }
}

/// An event that cannot be read, however often it is tried.
public struct UnreadableEvent: Error, CustomStringConvertible {
  /// The kinds of problems.
  public enum Reason: Sendable, Equatable {
    /// The body does not decode; the text names the path.
    case body(String)
    /// The body contradicts the topic or the header.
    case frames
    /// The event names one subject, and its data another.
    case subject(String, data: String)
    /// Its least reader is above the newest version that is known here.
    case tooNew(known: UInt16)
    /// Its version is not read any more.
    case retired
  }

  /// The topic of the event.
  public let topic: Topic
  /// The sequence number of the event.
  public let sequence: UInt64
  /// The oldest version that may read it.
  public let leastReader: UInt16
  /// The problem.
  public let reason: Reason

  init(_ record: Record, reason: Reason) {
    topic = record.topic
    sequence = record.header.sequence
    self.reason = reason
    leastReader = record.header.leastReader
  }

  /// The sentence for people.
  public var description: String {
    let event = "\(topic)\(sequence)"
    return switch reason {
    case .body(let problem): "\(event) does not decode: \(problem)"
    case .frames: "\(event): the body contradicts the topic or the header"
    case .subject(let named, let data):
      "\(event) contradicts itself: its subject is “\(named.prefix(64))”, and its data is about "
        + "“\(data.prefix(64))”"
    case .tooNew(let known):
      "\(event) may be read from version \(leastReader) on, and the newest known here is \(known)"
    case .retired: "\(event): version \(topic.version) is not read any more"
    }
  }
}
