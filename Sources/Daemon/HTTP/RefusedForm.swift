import HTTPTypes
public import Journal

extension Route {
  /// The same form, whose refusal is shown to a person on the form's own page: with what was typed,
  /// and the problem beside its field.
  ///
  /// - Parameter page: makes the page from the problem, the refused request and a snapshot. Its error
  ///   is a refusal in turn: `throw problem` where the form cannot be shown again.
  public func showingRefusals(
    _ page: @escaping @Sendable (Problem, Request, Snapshot) throws -> Response
  ) -> Route {
    var route = self
    route.refused = page
    return route
  }

  /// How the form's own page shows a refusal to a person; nil where it does not.
  func page(
    of problem: Problem, for request: Request
  ) -> (@Sendable (Snapshot) throws -> Response)? {
    guard let refused, request.wantsPage else { return nil }
    return { snapshot in
      var page = try refused(problem, request, snapshot)
      page.status = problem.status
      page.headers.append(contentsOf: problem.headers)
      page.correlationID = problem.correlationID
      return page
    }
  }
}

extension Problem {
  /// The field that is wrong; nil where it is not about one.
  public var field: String? { members["path"]?.string }
}
