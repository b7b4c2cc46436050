import Events
import FoundationEssentials
import Journal
import Runtime

extension Route {
  /// The forms of a page about one dead letter: `POST /dead-letters/:id/retry`, `discard` and `edit`,
  /// by the rules of the API.
  ///
  /// - Parameter page: the address of the page, which is shown again.
  package static func deadLetterForms(of page: String) -> [Route] {
    [
      deadLetterForm("retry", of: page) { _, letter, transaction in
        _ = try transaction.retryDeadLetter(letter)
      },
      deadLetterForm("discard", of: page) { _, letter, transaction in
        try transaction.discardDeadLetter(letter)
      },
      deadLetterForm("edit", of: page) { request, letter, transaction in
        guard let data = JSONValue(Data((try request.form()["data"] ?? "").utf8)) else {
          throw Problem.invalid(
            "data", detail: "The data is not JSON.",
            remedy: "Check quotes, commas and braces, and send it again.")
        }
        _ = try transaction.editDeadLetter(letter, data: data)
      },
    ]
  }

  private static func deadLetterForm(
    _ name: String, of page: String,
    _ act: @escaping @Sendable (Request, Identifier, Transaction) throws -> Void
  ) -> Route {
    .form("/dead-letters/:id/\(name)", creates: false) { request, transaction in
      let id = try request.identifier("id")
      guard let letter = try transaction.deadLetter(id) else {
        throw Problem.noSuchDeadLetter(id, acts: try transaction.actions(on: id))
      }
      do {
        try act(request, id, transaction)
      } catch let refusal as DeadLetterRefusal {
        throw Problem(refusal, of: letter)
      }
      return .seeOther(page)
    }
  }
}
