import Events
import HTTPTypes
import Journal
import Runtime

/// The pages of a service's health, the same for every service: the streams that it follows, its
/// followers, and its deferred events with the forms about them.
///
/// `/health` and `/pane/health` are one template; Overlord shows the panes of all services side by
/// side. A room with a page of its own at `/health` keeps that. Where the pages are for customers, the
/// pane has numbers alone, and the other pages name the command for operators.
struct HealthPages: Sendable {
  let look: PageTemplates
  let assembly: Assembly

  /// The most dead letters in a list, on the page and in the pane.
  private static let limits = (page: 50, pane: 8)

  var routes: [Route] {
    let pane = Route.query("/pane/health") { _, snapshot in
      try look.html(try page(isPane: true, in: snapshot))
    }
    let isForOperators = assembly.pagesAreForOperators
    let pages = (isForOperators ? operatorPages : refusals) + [pane]
    let own = Set(assembly.routes.filter { $0.method == .get }.map(\.path))
    return pages.filter { !own.contains($0.path) } + (isForOperators ? forms : [])
  }

  private var operatorPages: [Route] {
    [
      .query("/health") { _, snapshot in
        try look.html(try page(isPane: false, in: snapshot))
      },
      .query("/dead-letters/:id") { request, snapshot in
        try look.html(try letterPage(request, in: snapshot))
      },
      .query("/dead-letters/:id/discard") { request, snapshot in
        try look.html(try questionPage(request, in: snapshot))
      },
    ]
  }

  /// The answers in the place of the operators' pages, where customers can reach them.
  private var refusals: [Route] {
    ["/health", "/dead-letters/:id"].map { path in
      .query(path) { _, _ in
        throw Problem.notFound(
          "no-such-page", detail: "This service's pages are for customers.",
          remedy: "Operators run: \(listCommand).")
      }
    }
  }

  /// The command that lists the dead letters.
  private var listCommand: String { "eventually dead-letters list \(assembly.journal.stream)" }

  private func page(
    isPane: Bool, in snapshot: Snapshot, refused: Problem? = nil
  ) throws -> WebPage {
    let limit = isPane ? Self.limits.pane : Self.limits.page
    let isForOperators = assembly.pagesAreForOperators
    let health = try ServiceHealth(
      of: assembly, in: snapshot, letters: isForOperators ? limit : nil,
      from: isPane ? .pane : .health)
    var values: [String: Any] = [
      "health": health, "isPane": isPane,
      "lags": try assembly.lagCharts(of: .follower, in: snapshot),
    ]
    values["command"] = isForOperators ? nil : listCommand
    values["problem"] = refused.map(RefusalText.init)
    var page = try WebPage("service", title: health.title, values: values, in: snapshot)
    page.path = "/health"
    page.news = "\(assembly.journal.stream.title): \(isPane ? health.ownTitle : health.title)."
    page.isPane = isPane
    return page
  }

  private func letterPage(
    _ request: Request, in snapshot: Snapshot, refused: Problem? = nil
  ) throws -> WebPage {
    let letter = try letter(of: request, in: snapshot, refused: refused)
    let typed = refused.flatMap { _ in try? request.form()["data"] }
    var values: [String: Any] = [
      "letter": LetterView(letter, typed: typed, problem: refused)
    ]
    // An edit is refused at its field.
    values["problem"] = typed == nil ? refused.map(RefusalText.init) : nil
    let name = LetterRow(letter).title
    var page = try WebPage(
      "letter", title: "\(letter.state == .dead ? "Dead letter" : "Held back"): \(name)",
      values: values, in: snapshot)
    page.path = "/health"
    page.news = letter.lastActionWords
    return page
  }

  /// The question before a dead letter is discarded: what is lost, and the two decisions.
  ///
  /// An event that is no dead letter any more has its page instead.
  private func questionPage(_ request: Request, in snapshot: Snapshot) throws -> WebPage {
    let letter = try letter(of: request, in: snapshot)
    guard letter.state == .dead else { return try letterPage(request, in: snapshot) }
    let view = LetterView(letter, typed: nil, problem: nil)
    var page = try WebPage(
      "question", title: "Discard \(view.row.title)?",
      values: ["letter": view, "service": assembly.journal.stream.title], in: snapshot)
    page.path = "/health"
    page.news = letter.lastActionWords
    return page
  }

  private func letter(
    of request: Request, in snapshot: Snapshot, refused: Problem? = nil
  ) throws -> DeadLetter {
    let id = try request.identifier("id")
    guard let letter = try snapshot.deadLetter(id) else {
      throw try refused ?? Problem.noSuchDeadLetter(id, acts: snapshot.actions(on: id))
    }
    return letter
  }

  /// The page of a refused form: that of the dead letter for an edit, else the list.
  func page(
    refusing request: Request, for problem: Problem, in snapshot: Snapshot
  ) throws -> WebPage {
    switch request.healthPlace {
    case .letter: try letterPage(request, in: snapshot, refused: problem)
    case .health where assembly.routes.contains { $0.path == "/health" }: throw problem
    case .health, .pane:
      try page(isPane: request.healthPlace == .pane, in: snapshot, refused: problem)
    }
  }
}

extension DeadLetter {
  /// The last action on it in words, to be announced; empty without any.
  fileprivate var lastActionWords: String {
    actions.last.map { "Action \(actions.count): \($0.act.rawValue): \($0.result)" } ?? ""
  }
}

/// A refusal beside the form.
struct RefusalText {
  let detail: String
  let remedy: String

  init(_ problem: Problem) {
    detail = problem.detail
    remedy = problem.remedy
  }
}
