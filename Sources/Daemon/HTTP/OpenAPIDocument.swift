import Events
import HTTPTypes
import Journal

/// What a service answers, as OpenAPI 3.1 has it, made from its routes.
///
/// A route knows its path, its query parameters and the type of its body, and these are said. The
/// members of the bodies and of the answers are not: a route does not know them.
struct OpenAPIDocument {
  let routes: [Route]

  /// - Parameter title: the name of the service.
  func json(title: String) -> JSONValue {
    var paths: [String: [String: JSONValue]] = [:]
    for route in routes {
      let method = route.method.rawValue.lowercased()
      paths[route.template, default: [:]][method] = route.operation
    }
    return .object([
      "openapi": .string("3.1.0"),
      "info": .object(["title": .string(title), "version": .string(systemVersion)]),
      "paths": .object(paths.mapValues(JSONValue.object)),
      "components": .object(["schemas": .object(["Problem": Self.problem])]),
    ])
  }

  /// A refusal, RFC 9457.
  private static let problem: JSONValue = .object([
    "type": .string("object"),
    "required": .array(["type", "title", "status"].map(JSONValue.string)),
    "properties": .object([
      "type": .object(["type": .string("string"), "pattern": .string("^urn:eventually:problem:")]),
      "title": .object(["type": .string("string")]),
      "status": .object(["type": .string("integer")]),
      "detail": .object(["type": .string("string")]),
      "remedy": .object(["type": .string("string")]),
      "requestId": .object(["type": .string("string")]),
    ]),
  ])
}

extension OpenAPIDocument {
  /// The route of the document about these routes and itself.
  static func route(describing routes: [Route]) -> Route {
    let path = "/openapi.json"
    let itself = Route.query(path) { _, _ in try .json(JSONValue.null) }
    let document = OpenAPIDocument(routes: routes + [itself])
    return .query(path) { _, snapshot in
      try .json(document.json(title: try snapshot.head().stream))
    }
  }
}

extension Route {
  /// The path with its parameters in braces.
  fileprivate var template: String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .parameter(let name): "{\(name)}"
      }
    }.joined(separator: "/")
  }

  fileprivate var operation: JSONValue {
    var operation: [String: JSONValue] = [
      "operationId": .string(operationID),
      "parameters": .array(parameters),
      "responses": .object([
        "2XX": .object(answer),
        "default": .object([
          "description": .string("A refusal, with its remedy."),
          "content": .object([
            "application/problem+json": .object([
              "schema": .object(["$ref": .string("#/components/schemas/Problem")])
            ])
          ]),
        ]),
      ]),
    ]
    if let mediaType {
      operation["requestBody"] = .object([
        "content": .object([mediaType: .object(["schema": .object(["type": .string("object")])])])
      ])
    }
    return .object(operation)
  }

  private var answer: [String: JSONValue] {
    guard isStream else { return ["description": .string("The answer.")] }
    return [
      "description": .string("Events, as they come, until one side closes the connection."),
      "content": .object([
        eventStreamType: .object(["schema": .object(["type": .string("string")])])
      ]),
    ]
  }

  /// The method and the path, in characters that names of functions have.
  private var operationID: String {
    ([method.rawValue.lowercased()]
      + path.split { !$0.isLetter && !$0.isNumber }.map(String.init)).joined(separator: "-")
  }

  private var parameters: [JSONValue] {
    let inPath = parameterNames.map { Self.parameter($0, in: "path", isRequired: true) }
    let inQuery = queryParameters.map { Self.parameter($0, in: "query") }
    let isRepeatable = method == .post && mediaType == jsonType
    return inPath + inQuery
      + (isStream ? [Self.parameter("Last-Event-ID", in: "header")] : [])
      + (isRepeatable ? [Self.parameter("Idempotency-Key", in: "header")] : [])
      + [Self.parameter("X-Request-ID", in: "header")]
  }

  private static func parameter(
    _ name: String, in place: String, isRequired: Bool = false
  ) -> JSONValue {
    .object([
      "name": .string(name), "in": .string(place), "required": .bool(isRequired),
      "schema": .object(["type": .string("string")]),
    ])
  }
}
