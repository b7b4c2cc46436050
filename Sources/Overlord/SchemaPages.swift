// The events of the services, for people and for other languages: every version of every event, as
// pinned in this build.

import Daemon
import Schema

extension OverlordRoom {
  static func schemaPages(_ look: PageTemplates) -> [Route] {
    [
      .plain("/schemas") { _ in
        var page = WebPage(
          "schemas", title: "Schemas",
          values: ["events": Registry.eventually.events.map(EventView.init)])
        page.path = "/schemas"
        return try look.html(page)
      },
      .plain("/schemas/:document") { request in
        try document(request.parameters["document"] ?? "")
      },
    ]
  }

  /// The documents of `eventually schema export`, and the schema of each version.
  private static func document(_ name: String) throws -> Response {
    let registry = Registry.eventually
    switch name {
    case "asyncapi.json":
      return try json(
        registry.asyncAPI(title: "Eventually", version: version),
        type: "application/vnd.aai.asyncapi+json;version=3.0.0")
    case "json-schema.json": return try json(registry.jsonSchemas, type: "application/schema+json")
    case "cloudevents.json":
      return try json(registry.samples, type: "application/cloudevents-batch+json")
    default:
      for event in registry.events {
        guard let version = event.versions.first(where: { "\($0.name).json" == name }) else {
          continue
        }
        return try json(event.jsonSchema(of: version), type: "application/schema+json")
      }
      throw Problem.notFound(
        "no-such-schema", detail: "There is no schema document \(name.quoted).",
        remedy: "Look at /schemas: all documents are listed there.")
    }
  }

  private static func json(_ document: JSONValue, type: String) throws -> Response {
    var response = try Response.json(document)
    response.headers[.contentType] = type
    return response
  }
}

// MARK: The content of the page

private struct EventView {
  let type: String
  let stream: String
  let summary: String
  let compatibility: String
  /// Newest first.
  let versions: [VersionView]

  init(_ event: RegisteredEvent) {
    type = event.type
    stream = event.stream
    summary = event.summary
    compatibility = event.compatibility.rawValue
    versions = event.versions.reversed().map { VersionView($0, from: event.stream) }
  }
}

private struct VersionView {
  let name: String
  let number: UInt16
  let topic: String
  let leastReader: UInt16
  let fields: [FieldView]
  let samples: [SampleView]

  init(_ version: RegisteredVersion, from stream: String) {
    let schema = version.schema
    name = version.name
    number = schema.version
    leastReader = schema.leastReader
    topic = Topic(stream: stream, type: schema.type, version: schema.version).description
    fields = version.shape.fields.map { path, shape in
      FieldView(path: path, kind: shape.kind)
    }
    samples = version.golden.map { SampleView(name: $0.name, json: $0.value.indented) }
  }
}

private struct FieldView {
  let path: String
  let kind: String
}

private struct SampleView {
  let name: String
  let json: String
}
