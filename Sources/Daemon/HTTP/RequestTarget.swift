import HTTPTypes

/// The target of a request: the method, the path and the query.
struct RequestTarget: Hashable, Sendable {
  let method: HTTPRequest.Method
  /// The path without the query, still percent encoded: as it was sent, to the letter.
  let path: String
  /// The query, percent decoded.
  let query: [String: String]
  /// The reason for which the query cannot be read; nil where it can.
  let queryProblem: Problem?

  /// - Parameter text: the path, and after `?` the query.
  init(_ method: HTTPRequest.Method, _ text: String) {
    let end = text.utf8.firstIndex(of: UInt8(ascii: "?")) ?? text.endIndex
    self.method = method
    path = String(text[..<end])
    do throws(FormText.Malformed) {
      query = try FormText.fields(Substring(text.utf8[end...].dropFirst()))
      queryProblem = nil
    } catch {
      query = [:]
      queryProblem = .malformedQuery(error)
    }
  }

  /// The path with escapes only where they are needed: one for all the ways to write it.
  ///
  /// Two targets that mean one thing are one scope of idempotency keys. A slash inside of a part
  /// stays escaped, so that two paths with different parts stay different.
  var decodedPath: String {
    path.split(separator: "/", omittingEmptySubsequences: false).map { part in
      guard let text = FormText.decoded(part) else { return String(part) }
      return text.replacing("%", with: "%25").replacing("/", with: "%2F")
    }.joined(separator: "/")
  }
}
