import Events
import FoundationEssentials
import HTTPTypes

extension Call {
  /// The body as a value.
  ///
  /// Fields that the type does not know are ignored, so that an older service takes what a newer
  /// client sends.
  ///
  /// - Throws: a ``Problem``: 415 when the body is not said to be JSON, 400 when there is none or
  ///   it is no JSON, 422 with the path of the field when the JSON is not what is needed.
  public func json<Value: Decodable>(_ type: Value.Type = Value.self) throws(Problem) -> Value {
    guard !body.isEmpty else {
      throw .badRequest(
        "body-missing", "The request has no body.",
        remedy: "Send a JSON object, with Content-Type: application/json.")
    }
    try requireJSON()
    do {
      return try Value(json: body)
    } catch let error as JSONSyntaxError {
      throw .badRequest(
        "not-json", "The body is not JSON: \(error).",
        remedy: "Send one JSON object in UTF-8, every name in it once, at most 32 levels deep.")
    } catch let error as Problem {
      throw error
    } catch {
      throw .undecodable(DecodingProblem(error))
    }
  }

  /// The fields of a form that a page has sent.
  ///
  /// - Throws: a ``Problem``: 415 for another content type, 400 for a body that is no form.
  public func form() throws(Problem) -> [String: String] {
    guard body.isEmpty || contentType == formType else {
      throw .unsupportedMediaType(contentType, needed: formType)
    }
    guard let text = String(data: body, encoding: .utf8), let fields = FormText.fields(text) else {
      throw .badRequest(
        "not-a-form", "The body is not a form.", remedy: "Send the form again from its page.")
    }
    return fields
  }

  /// Refuses a body that is not said to be JSON.
  ///
  /// No body needs no type.
  func requireJSON() throws(Problem) {
    guard body.isEmpty || contentType == jsonType else {
      throw .unsupportedMediaType(contentType, needed: jsonType)
    }
  }

  /// Refuses a request that a page of another site made a browser send.
  ///
  /// A browser names the origin of the page in every request that changes something; a program
  /// names none, and is let in.
  func requireOwnOrigin() throws(Problem) {
    guard let origin = headers[.origin] else { return }
    let authority = origin.split(separator: "/", maxSplits: 2).last.map(String.init)
    guard origin.contains("://"), authority == headers[.host] else {
      throw .forbidden(
        "foreign-origin", "The request comes from a page of another site, \(origin).",
        remedy: "Open this service's own page, and do it there.")
    }
  }

  /// The media type without its parameters, lower case; empty where there is none.
  private var contentType: String {
    let value = headers[.contentType] ?? ""
    let type = value.split(separator: ";").first ?? ""
    return String(type.filter { $0 != " " && $0 != "\t" }).lowercased()
  }
}

private let jsonType = "application/json"
private let formType = "application/x-www-form-urlencoded"

extension HTTPField.Name {
  /// The host that the client asked.
  static let host = HTTPField.Name.known("Host")
  /// The id of the request, which the client may choose.
  static let requestID = HTTPField.Name.known("X-Request-ID")
  /// The key under which a client may send the same command again.
  static let idempotencyKey = HTTPField.Name.known("Idempotency-Key")
  /// Whether the answer is that of an earlier, equal command.
  static let idempotencyReplayed = HTTPField.Name.known("Idempotency-Replayed")
  /// The place of the request in a distributed trace.
  static let traceParent = HTTPField.Name.known("traceparent")
  static let refresh = HTTPField.Name.known("Refresh")

  /// A name written in this file, which is valid.
  private static func known(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return name
  }
}
