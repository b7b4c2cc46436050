import Events
import FoundationEssentials
import Journal
import Runtime

extension HealthPages {
  /// The forms about one dead letter: `POST /dead-letters/:id/retry`, `discard` and `edit`, by the
  /// rules of the API.
  ///
  /// A refusal is shown on the page of the form.
  var forms: [Route] {
    [
      form(.retry) { _, letter, transaction in _ = try transaction.retryDeadLetter(letter) },
      form(.discard) { _, letter, transaction in try transaction.discardDeadLetter(letter) },
      form(.edit) { request, letter, transaction in
        guard let data = JSONValue(Data((try request.form()["data"] ?? "").utf8)) else {
          throw Problem.invalid(
            "data", detail: "The data is not JSON.",
            remedy: "Check quotes, commas and braces, and send it again.")
        }
        _ = try transaction.editDeadLetter(letter, data: data)
      },
    ]
  }

  private func form(
    _ kind: OperatorAction.Kind,
    _ act: @escaping @Sendable (Request, Identifier, Transaction) throws -> Void
  ) -> Route {
    Route.form("/dead-letters/:id/\(kind.rawValue)", creates: false) { request, transaction in
      let id = try request.identifier("id")
      guard let letter = try transaction.deadLetter(id) else {
        throw Problem.noSuchDeadLetter(id, acts: try transaction.actions(on: id))
      }
      do {
        try act(request, id, transaction)
      } catch let refusal as DeadLetterRefusal {
        throw Problem(refusal, of: letter)
      }
      let isThere = try transaction.deadLetter(id) != nil
      let result = try transaction.actions(on: id).last?.result ?? "done"
      return .seeOther(request.healthPlace.path(of: isThere ? id : nil))
        .continuingWork(of: letter)
        .noting("dead letter \(id) (\(letter.name)): \(kind.rawValue), \(result)")
    }.showingRefusals { problem, request, snapshot in
      try look.html(try page(refusing: request, for: problem, in: snapshot))
    }
  }
}

/// The page from which a form about a dead letter was sent.
enum HealthPlace: String {
  /// The page of the service's health.
  case health
  /// The same in a frame of Overlord's page.
  case pane
  /// The page of the dead letter.
  case letter

  /// The path to which the browser goes after the action.
  ///
  /// - Parameter letter: the dead letter; nil where it is gone.
  func path(of letter: Identifier?) -> String {
    switch (self, letter) {
    case (.letter, let letter?): "/dead-letters/\(letter)"
    case (.pane, _): "/pane/health"
    case (.health, _), (.letter, nil): "/health#dead-letters"
    }
  }
}

extension Request {
  /// The page from which a form about a dead letter was sent.
  var healthPlace: HealthPlace { (try? form()["from"]).flatMap(HealthPlace.init) ?? .health }
}
