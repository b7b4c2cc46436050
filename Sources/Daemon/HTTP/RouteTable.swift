import Events
import HTTPTypes
public import Journal

extension [Route] {
  /// Answers a request as the daemon does, without HTTP and on the calling thread, so that a
  /// simulation owns it.
  ///
  /// Every refusal is a response too.
  public func response(to request: Request, from journal: ServiceJournal) -> Response {
    do {
      return try step(for: request).response(from: journal)
    } catch {
      guard let (route, request) = try? find(request),
        let page = route.page(of: Problem(error), for: request),
        let response = try? journal.read(page)
      else { return .refusal(error, to: request) }
      return response
    }
  }

  /// The route for a request, and the request with the parameters that are in its path.
  func find(_ request: Request) throws(Problem) -> (Route, Request) {
    let (route, parameters) = try find(request.target)
    var found = request
    found.parameters = parameters
    return (route, found)
  }

  /// The route for a target, and the parameters that are in its path.
  ///
  /// A path without parameters goes before one with them.
  ///
  /// - Throws: a ``Problem``: 404 for an unknown path, 400 for a query that cannot be read, 405
  ///   for another method of a known path, 422 for a query parameter that the route does not take.
  func find(_ target: RequestTarget) throws(Problem) -> (Route, [String: String]) {
    let parts = target.decodedParts
    // By index: a route is large to copy.
    let matches = indices.filter { self[$0].matches(parts) }.map { self[$0] }
    if target.method == .options, let options = options(for: target, matches) {
      return (options, [:])
    }
    guard !matches.isEmpty else { throw .noSuchPath(target.path) }
    if let problem = target.queryProblem { throw problem }
    let method = target.method == .head ? .get : target.method
    let possible = matches.filter { $0.method == method }
    guard let route = possible.min(by: { $0.parameterNames.count < $1.parameterNames.count }) else {
      throw .methodNotAllowed(target.method, allowed: Self.methods(of: matches))
    }
    try route.check(target)
    return (route, route.parameters(in: parts))
  }

  /// The response to OPTIONS for a path that exists, and for `*`, the service as a whole.
  private func options(for target: RequestTarget, _ matches: [Route]) -> Route? {
    let routes = target.path == "*" ? self : matches
    guard !routes.isEmpty else { return nil }
    let allowed = Self.methods(of: routes)
    return Route(
      .options, "/", .nothing { _ in Response(status: .noContent, headers: [.allow: allowed]) })
  }

  /// The value of `Allow`.
  private static func methods(of routes: [Route]) -> String {
    let methods = routes.flatMap { route in
      route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue]
    }
    return Set(methods + ["OPTIONS"]).sorted().joined(separator: ", ")
  }
}

extension Route {
  /// Refuses a query parameter that is not taken, and for programs one without a value.
  ///
  /// A page's form sends the fields too that were left empty.
  fileprivate func check(_ target: RequestTarget) throws(Problem) {
    for (name, value) in target.query.sorted(by: { $0.key < $1.key }) {
      guard queryParameters.contains(name) else {
        throw .unknownParameter(name, of: target.path, known: queryParameters)
      }
      guard !value.isEmpty || !target.path.hasPrefix("/api/") else {
        throw .invalid(
          name, detail: "The parameter \(name) has no value.",
          remedy: "Give it one, or leave it out.")
      }
    }
  }

  /// Whether a path with these parts is the route's.
  fileprivate func matches(_ parts: [String]) -> Bool {
    parts.count == self.parts.count
      && zip(self.parts, parts).allSatisfy { own, part in
        switch own {
        case .text(let text): part == text
        case .parameter: !part.isEmpty
        }
      }
  }

  /// The parameters of a path that matches.
  fileprivate func parameters(in parts: [String]) -> [String: String] {
    var parameters: [String: String] = [:]
    for case (.parameter(let name), let part) in zip(self.parts, parts) { parameters[name] = part }
    return parameters
  }
}

extension RequestTarget {
  /// The parts of the path, percent decoded; empty where one cannot be decoded.
  fileprivate var decodedParts: [String] {
    var parts: [String] = []
    for part in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard let text = FormText.decoded(Substring(part)) else { return [] }
      parts.append(text)
    }
    return parts
  }
}

extension [String] {
  /// The query parameters of a list that begins with the newest: `before` and `limit`.
  public static let newestFirst = ["before", "limit"]
  /// The query parameters of a list that begins with the oldest: `after` and `limit`.
  public static let oldestFirst = ["after", "limit"]
}

extension Response {
  /// A refusal as a problem document.
  static func problem(_ problem: Problem, to request: Request) -> Response {
    let document = problem.document(requestID: request.correlation.requestID)
    let response = try? Response.json(document, status: problem.status, headers: problem.headers)
    var refusal = response ?? Response(status: problem.status, headers: problem.headers)
    refusal.headers[.contentType] = "application/problem+json"
    refusal.correlationID = problem.correlationID
    return refusal
  }
}
