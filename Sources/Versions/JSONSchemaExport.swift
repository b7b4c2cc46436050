// Pinned shapes as JSON Schema, draft 2020-12, for readers in other languages.

public import Events

extension Registry {
  /// The schemas of all versions in one document, each under its name in `$defs`, with the `$id`
  /// that events have as `dataschema`.
  public var jsonSchemas: JSONValue {
    let schemas = events.flatMap { event in
      event.versions.map { ($0.name, event.jsonSchema(of: $0)) }
    }
    return .object([
      "$schema": .string(jsonSchemaDialect), "$id": .string("urn:eventually:schemas"),
      "$defs": .object(Dictionary(schemas) { first, _ in first }),
    ])
  }
}

private let jsonSchemaDialect = "https://json-schema.org/draft/2020-12/schema"

extension RegisteredEvent {
  /// The schema of a version's data.
  ///
  /// It allows other members, since a version may get optional fields, and null where a field may
  /// be absent.
  public func jsonSchema(of version: RegisteredVersion) -> JSONValue {
    let identity: [String: JSONValue] = [
      "$schema": .string(jsonSchemaDialect), "$id": .string(version.schema.dataSchema),
      "examples": .array(version.golden.map(\.value)),
    ]
    return .object(jsonSchemaBody(of: version).merging(identity) { $1 })
  }

  /// The schema of a version's data, for use inside another document.
  func jsonSchemaBody(of version: RegisteredVersion) -> [String: JSONValue] {
    version.shape.jsonSchema.merging([
      "title": .string("\(type) version \(version.schema.version)"),
      "description": .string(summary),
      "x-least-reader": .integer(Int64(version.schema.leastReader)),
    ]) { $1 }
  }
}

extension Shape {
  fileprivate var jsonSchema: [String: JSONValue] {
    switch self {
    case .boolean: ["type": .string("boolean")]
    case .integer:
      ["type": .string("integer"), "minimum": .integer(.min), "maximum": .integer(.max)]
    case .text(let format): format.jsonSchema
    case .choice(let words):
      ["type": .string("string"), "enum": .array(words.map(JSONValue.string))]
    case .list(let element): ["type": .string("array"), "items": .object(element.jsonSchema)]
    case .object(let fields):
      [
        "type": .string("object"),
        "properties": .object(
          Dictionary(uniqueKeysWithValues: fields.map { ($0.name, .object($0.jsonSchema)) })),
        "required": .array(fields.filter { !$0.isOptional }.map { .string($0.name) }),
      ]
    case .unpinnable(let reason): ["description": .string(reason)]
    }
  }
}

extension Shape.Field {
  /// An optional field may be null too.
  fileprivate var jsonSchema: [String: JSONValue] {
    var schema = shape.jsonSchema
    guard isOptional else { return schema }
    if let type = schema["type"] { schema["type"] = .array([type, .string("null")]) }
    if case .array(let words)? = schema["enum"] { schema["enum"] = .array(words + [.null]) }
    return schema
  }
}

extension TextFormat {
  fileprivate var jsonSchema: [String: JSONValue] {
    var schema: [String: JSONValue] = [
      "type": .string("string"), "description": .string(meaning),
    ]
    schema["format"] = schemaFormat.map(JSONValue.string)
    schema["pattern"] = pattern.map { .string("^\($0)$") }
    return schema
  }
}
