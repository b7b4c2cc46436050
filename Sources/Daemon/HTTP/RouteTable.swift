import Events
import HTTPTypes
public import Journal

extension [Route] {
  /// Answers a call as the daemon does, without HTTP and on the calling thread, so that a
  /// simulation owns it.
  ///
  /// Every refusal is an answer too.
  public func answer(_ call: Call, from journal: ServiceJournal) -> Answer {
    do {
      let (route, call) = try find(call)
      return try route.answer(call, from: journal)
    } catch {
      return .problem(Problem(error), to: call)
    }
  }

  /// The route for a call, and the call with the parameters that are in its path.
  ///
  /// A path without parameters goes before one with them.
  ///
  /// - Throws: a ``Problem``: 404 for an unknown path, 400 for a query that cannot be read, 405
  ///   for another method of a known path.
  func find(_ call: Call) throws(Problem) -> (Route, Call) {
    let matches = compactMap { route in
      route.parameters(in: call.path).map { (route: route, parameters: $0) }
    }
    guard !matches.isEmpty else { throw .noSuchPath(call.path) }
    guard !call.hasMalformedQuery else {
      throw .badRequest(
        "malformed-query", "The query of the address cannot be read.",
        remedy: "Write it as name=value pairs with & between, percent-encoded in UTF-8.")
    }
    let method = call.method == .head ? .get : call.method
    let possible = matches.filter { $0.route.method == method }
    guard let match = possible.min(by: { $0.parameters.count < $1.parameters.count }) else {
      throw .methodNotAllowed(call.method, allowed: Self.methods(of: matches.map(\.route)))
    }
    var found = call
    found.parameters = match.parameters
    return (match.route, found)
  }

  /// The value of `Allow`.
  private static func methods(of routes: [Route]) -> String {
    let methods = routes.flatMap { route in
      route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue]
    }
    return Set(methods).sorted().joined(separator: ", ")
  }
}

extension Route {
  /// The parameters that a path gives to this route; nil when the path is another one.
  func parameters(in path: String) -> [String: String]? {
    let pattern = self.path.split(separator: "/", omittingEmptySubsequences: false)
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard pattern.count == parts.count else { return nil }
    var parameters: [String: String] = [:]
    for (expected, part) in zip(pattern, parts) {
      guard let text = FormText.decoded(part) else { return nil }
      if expected.hasPrefix(":") {
        guard !text.isEmpty else { return nil }
        parameters[String(expected.dropFirst())] = text
      } else if expected != text {
        return nil
      }
    }
    return parameters
  }
}

extension Answer {
  /// A refusal as a problem document.
  static func problem(_ problem: Problem, to call: Call) -> Answer {
    let document = problem.document(requestID: call.correlation.requestID)
    let answer = try? Answer.json(document, status: problem.status, headers: problem.headers)
    var refusal = answer ?? Answer(status: problem.status, headers: problem.headers)
    refusal.headers[.contentType] = "application/problem+json"
    refusal.correlationID = problem.correlationID
    return refusal
  }
}
