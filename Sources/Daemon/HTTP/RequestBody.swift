import Events
import FoundationEssentials
import HTTPTypes

extension Request {
  /// The body as a value, for a command that reads its request itself.
  ///
  /// Fields that the type does not know are ignored, so that an older service accepts a newer
  /// client.
  ///
  /// - Throws: a ``Problem``: 415 when the content type is not JSON, 400 when the body is absent or
  ///   not JSON, 422 with the path of the field when the JSON does not decode.
  public func json<Value: Decodable>(_ type: Value.Type = Value.self) throws(Problem) -> Value {
    guard !body.isEmpty else {
      throw .badRequest(
        "body-missing", detail: "The request has no body.",
        remedy: "Send a JSON object, with Content-Type: application/json.")
    }
    try requireJSON()
    do {
      return try Value(json: body)
    } catch let error as JSONSyntaxError {
      throw .badRequest(
        "not-json", detail: "The body is not JSON: \(error).",
        remedy: "Send one JSON object in UTF-8, every name in it once, at most 32 levels deep.")
    } catch let error as Problem {
      throw error
    } catch {
      throw .undecodable(DecodingProblem(error))
    }
  }

  /// The fields of a form that a page has sent.
  ///
  /// - Throws: a ``Problem``: 415 for another content type, 400 for a body that is no form, 422 for
  ///   a field that is there twice.
  public func form() throws(Problem) -> [String: String] {
    try requireMediaType(formType)
    do {
      guard let text = String(data: body, encoding: .utf8) else { throw FormText.Malformed.text }
      return try FormText.fields(text)
    } catch {
      throw .malformedForm(error as? FormText.Malformed ?? .text)
    }
  }

  /// The fields of a form as a value.
  func form<Value: Decodable>(_ type: Value.Type) throws(Problem) -> Value {
    let fields = JSONValue.object(try form().mapValues(JSONValue.string))
    do {
      return try fields.decode()
    } catch {
      throw .undecodable(DecodingProblem(error))
    }
  }

  /// Refuses a body whose content type is not JSON.
  ///
  /// A request without a body needs no content type.
  func requireJSON() throws(Problem) {
    try requireMediaType(jsonType)
  }

  /// Refuses a body of another type; no body needs none.
  private func requireMediaType(_ type: String) throws(Problem) {
    if !body.isEmpty { try headers.requireMediaType(type) }
  }
}

extension HTTPFields {
  /// Refuses another media type than one.
  func requireMediaType(_ needed: String) throws(Problem) {
    guard mediaType == needed else { throw .unsupportedMediaType(mediaType, needed: needed) }
  }

  /// The media type of the body without its parameters, lower case; empty where there is none.
  private var mediaType: String {
    let value = self[.contentType] ?? ""
    let type = value.split(separator: ";").first ?? ""
    return String(type.filter { $0 != " " && $0 != "\t" }).lowercased()
  }
}

/// The media types of bodies that are taken.
let jsonType = "application/json"
let formType = "application/x-www-form-urlencoded"
