public import Events
public import FoundationEssentials
public import HTTPTypes
public import Runtime

/// One HTTP request as a handler sees it: a value, so that a simulation makes one without HTTP.
public struct Request: Sendable {
  /// The method, the path and the query.
  let target: RequestTarget
  /// The parts of the path that the route named, percent decoded.
  public internal(set) var parameters: [String: String] = [:]
  /// The header fields.
  public let headers: HTTPFields
  /// The body, at most 64 KiB.
  public let body: Data
  /// The work that the request begins.
  ///
  /// Its id is the Request ID; work on a thing that carries an id of its own is
  /// ``/Events/Correlation/continuing(_:)`` with that.
  public let correlation: Correlation

  /// A request.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - target: the path, and after `?` the query.
  ///   - headers: the header fields.
  ///   - body: the body.
  ///   - correlation: the work that it begins.
  public init(
    _ method: HTTPRequest.Method, _ target: String, headers: HTTPFields = [:], body: Data = Data(),
    correlation: Correlation
  ) {
    self.target = RequestTarget(method, target)
    self.headers = headers
    self.body = body
    self.correlation = correlation
  }
}

extension Request {
  /// The method, upper case.
  public var method: HTTPRequest.Method { target.method }
  /// The path without the query, still percent encoded: as it was sent, to the letter.
  public var path: String { target.path }
  /// The query, percent decoded: it has only parameters that the route takes.
  public var query: [String: String] { target.query }

  /// A part of the path as an identifier.
  ///
  /// - Parameter parameter: its name in the route's path, without the colon.
  /// - Throws: a 404 ``Problem`` when it is no identifier: nothing has such a name.
  public func identifier(_ parameter: String) throws(Problem) -> Identifier {
    guard let text = parameters[parameter] else {
      preconditionFailure("the route has no parameter “\(parameter)”")
    }
    guard let identifier = Identifier(text) else {
      throw .notFound(
        "not-found", detail: "\(text.quoted) is not an identifier, so nothing has it.",
        remedy: "Use the id, a UUID, as a list or an earlier response gave it.")
    }
    return identifier
  }

  /// Whether the caller is a person's browser that asks for a page: problems are then pages too.
  var wantsPage: Bool {
    !path.hasPrefix("/api/") && headers[.accept]?.contains("text/html") == true
  }
}
