import Events
public import FoundationEssentials
public import HTTPTypes

/// The response of a handler: a value.
public struct Response: Hashable, Sendable {
  /// The status.
  public var status: HTTPResponse.Status
  /// The header fields.
  ///
  /// The request's id is added to every response, by the shell.
  public var headers: HTTPFields
  /// The body.
  public var body: Data
  /// The id of the work that the request turned out to belong to, for its log line; nil when the
  /// request began it.
  public var correlationID: String?
  /// The decision, for the log: an operator's action gets a line beside that of its request.
  ///
  /// It is written after the commit, and not again when the response is replayed.
  var notice: String?
  /// The feed that is sent in the place of the body, for as long as the connection is open.
  var stream: OpenStream?

  /// A response with these parts.
  public init(
    status: HTTPResponse.Status, headers: HTTPFields = [:], body: Data = Data()
  ) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A value as JSON, with sorted keys.
  public static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    var response = Response(
      status: status, headers: headers, body: try value.json())
    response.headers[.contentType] = "application/json"
    return response
  }

  /// A page.
  ///
  /// The text is sent unchanged: its author escapes its values.
  public static func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status,
      headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
      body: Data(text.utf8))
  }

  /// Sends the browser to a page of this service, after a form: loading that page again repeats no
  /// command.
  public static func seeOther(_ path: String) -> Response {
    Response(status: .seeOther, headers: [.location: path])
  }

  /// The same response, given in the work that another request began: approving an order belongs
  /// to the work that captured it.
  public func continuing(_ correlationID: String) -> Response {
    var response = self
    response.correlationID = correlationID
    return response
  }

  /// The same response, with a line for the log.
  func noting(_ notice: String) -> Response {
    var response = self
    response.notice = notice
    return response
  }
}
