// All channels and messages as an AsyncAPI 3.0 document. AsyncAPI has no binding for ZeroMQ, so its
// particulars are in extensions named `x-zeromq`.

public import Events

extension Registry {
  /// The document.
  ///
  /// - Parameters:
  ///   - title: the system's name.
  ///   - version: the system's version.
  public func asyncAPI(title: String, version: String) -> JSONValue {
    .object([
      "asyncapi": .string("3.0.0"),
      "info": .object([
        "title": .string(title), "version": .string(version),
        "description": .string(
          "Each service publishes its own stream over ZeroMQ; there is no broker. A stream has one "
            + "order and one sequence, and missed events are fetched from its log."),
      ]),
      "defaultContentType": .string("application/cloudevents+json"),
      "servers": .object(
        Dictionary(uniqueKeysWithValues: Set(events.map(\.stream)).map { ($0, server($0)) })),
      "channels": eachVersion { [("\($0.stream)-\($1.key)", $0.channel(of: $1))] },
      "operations": eachVersion {
        [("\($0.stream)-publishes-\($1.key)", $0.operation(of: $1))]
      },
      "components": .object([
        "messages": eachVersion { [($1.key, $0.message(of: $1))] },
        "schemas": eachVersion { event, version in
          [
            (version.key, .object(event.jsonSchemaBody(of: version))),
            ("\(version.key)-event", event.envelopeSchema(of: version)),
          ]
        },
      ]),
    ])
  }

  private func eachVersion(
    _ entries: (RegisteredEvent, RegisteredVersion) -> [(String, JSONValue)]
  ) -> JSONValue {
    let all = events.flatMap { event in event.versions.flatMap { entries(event, $0) } }
    return .object(Dictionary(all) { first, _ in first })
  }

  private func server(_ stream: String) -> JSONValue {
    .object([
      "host": .string("localhost"), "pathname": .string("/run/eventually/\(stream).events"),
      "protocol": .string("zmtp"), "protocolVersion": .string("3.1"),
      "description": .string("\(stream) publishes its stream here, over ipc or tcp."),
      "x-zeromq": .object([
        "socket": .string("XPUB"), "peer": .string("SUB"),
        "endpoint": .string("ipc:///run/eventually/\(stream).events"),
        "options": .object(["ZMQ_XPUB_VERBOSE": .integer(1)]),
        "log": .object([
          "socket": .string("ROUTER"), "peer": .string("DEALER"),
          "endpoint": .string("ipc:///run/eventually/\(stream).log"),
          "verbs": .array(["FETCH", "ACK", "STATUS"].map(JSONValue.string)),
        ]),
      ]),
    ])
  }
}

extension RegisteredVersion {
  /// Its name as AsyncAPI takes it for a key: letters, digits, hyphens and underscores.
  fileprivate var key: String { name.replacing(".", with: "-") }
}

private func reference(_ path: String) -> JSONValue {
  .object(["$ref": .string("#/" + path)])
}

extension RegisteredEvent {
  private func topic(of version: RegisteredVersion) -> String {
    Topic(stream: stream, type: type, version: version.schema.version).description
  }

  fileprivate func channel(of version: RegisteredVersion) -> JSONValue {
    .object([
      "address": .string(topic(of: version)), "title": .string(version.name),
      "description": .string(summary),
      "servers": .array([reference("servers/\(stream)")]),
      "messages": .object([version.key: reference("components/messages/\(version.key)")]),
      "x-zeromq": .object([
        "subscribe": .string(topic(of: version)), "follow": .string("\(stream)/"),
        "beat": .string("\(topic(of: version))~beat/"),
      ]),
    ])
  }

  fileprivate func operation(of version: RegisteredVersion) -> JSONValue {
    let channel = "channels/\(stream)-\(version.key)"
    let isNewest = version.schema == newest.schema
    return .object([
      "action": .string("send"), "channel": reference(channel),
      "summary": .string(
        isNewest
          ? summary
          : "\(summary) An older version: in logs, and published while \(stream) pins it."),
      "messages": .array([reference("\(channel)/messages/\(version.key)")]),
    ])
  }

  fileprivate func message(of version: RegisteredVersion) -> JSONValue {
    .object([
      "name": .string(version.name), "title": .string("\(type) version \(version.schema.version)"),
      "summary": .string(summary), "contentType": .string("application/cloudevents+json"),
      "payload": reference("components/schemas/\(version.key)-event"),
      "examples": .array(
        version.golden.compactMap { golden in
          (try? sample(of: golden)).flatMap(JSONValue.init).map { event in
            .object(["name": .string(golden.name), "payload": event])
          }
        }),
      "x-least-reader": .integer(Int64(version.schema.leastReader)),
      "x-zeromq": .object([
        "frames": .array(
          ["topic", "header of 48 bytes, big endian", "body, this payload"].map(JSONValue.string)),
        "header": .array(
          [
            "EV", "wire version u8", "flags u8", "schema version u16", "least reader u16",
            "epoch u64", "sequence u64", "committed at u64, microseconds since 1970",
            "chain, 16 bytes",
          ].map(JSONValue.string)),
      ]),
    ])
  }

  /// The schema of the whole event, the content of a message.
  fileprivate func envelopeSchema(of version: RegisteredVersion) -> JSONValue {
    func text(_ more: [String: JSONValue] = [:]) -> JSONValue {
      .object(["type": .string("string")].merging(more) { $1 })
    }
    func constant(_ value: String) -> JSONValue { .object(["const": .string(value)]) }
    let required = [
      "specversion": constant("1.0"), "id": text(["format": .string("uuid")]),
      "source": constant("urn:eventually:\(stream)"),
      "type": constant(version.schema.cloudEventType),
      "dataschema": constant(version.schema.dataSchema),
      "datacontenttype": constant("application/json"),
      "subject": text(), "time": text(["format": .string("date-time")]),
      "sequence": text(["pattern": .string("^[0-9]{20}$")]), "correlationid": text(),
      "traceparent": text(["pattern": .string("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]),
      "data": reference("components/schemas/\(version.key)"),
    ]
    let optional = [
      "causationid": text(["format": .string("uuid")]), "requestid": text(), "tracestate": text(),
    ]
    return .object([
      "title": .string("The CloudEvent of \(version.name)"), "type": .string("object"),
      "properties": .object(required.merging(optional) { $1 }),
      "required": .array(required.keys.sorted().map(JSONValue.string)),
    ])
  }
}
