import Courier
import Events
import Foundation
import HTTPTypes
import Journal
import RoomTesting
import Testing

@testable import Daemon

/// The forms about dead letters on a service's pages of its health.
@Suite(.timeLimit(.minutes(1))) struct HealthPageTests {
  private let ward: Ward
  private let pages: HealthPages
  private let letter: String

  /// A dead letter about “a” that holds back another event.
  init() throws {
    ward = try Ward()
    try ward.hear(ThingPriced(thing: "a", mood: "bad"))
    try ward.hear(ThingPriced(thing: "a", mood: "<second>"))
    letter = try #require(try ward.letters.first)
    pages = HealthPages(look: try PageTemplates("Delta"), assembly: ward.assembly)
  }

  private func answer(
    _ method: HTTPRequest.Method, _ target: String, _ fields: String = ""
  ) -> Response {
    let headers: HTTPFields = [
      .accept: "text/html", .contentType: "application/x-www-form-urlencoded",
    ]
    let request = Request(
      method, target, headers: headers, body: Data(fields.utf8),
      correlation: Correlation(headers, in: ward.clock.runtime))
    return pages.routes.response(to: request, from: ward.journal)
  }

  private func text(_ response: Response) -> String {
    String(decoding: response.body, as: UTF8.self)
  }

  @Test func `the page has what is followed, who follows, and what is held back`() {
    for state in [Subscription.State.live, .away, .catchingUp] {
      ward.follows(state)
      let word = state == .catchingUp ? "catching up" : state.rawValue
      #expect(text(answer(.get, "/health")).contains("\">\(word)</span>"))
    }
    let page = text(answer(.get, "/pane/health"))
    #expect(page.contains("<title>1 dead letter · Delta</title>"))
    #expect(
      page.contains("1 held back</span>")
        && page.contains("behind an earlier event of the subject: 1"))
    #expect(page.contains("holds back 1"))
    #expect(page.contains("behind, an earlier event of its subject is deferred</li>"))
    #expect(page.contains("<tr id=\"follower-overlord\">"))
  }

  @Test func `the question before a discard counts the events behind the letter`() {
    let question = text(answer(.get, "/dead-letters/\(letter)/discard"))
    #expect(question.contains("<title>Discard thing.priced v1? · Delta</title>"))
    #expect(question.contains("which are applied without it: 1</dd>"))
  }

  @Test func `an edit is saved, the received event is kept, and the retry applies it`() throws {
    let edit = answer(
      .post, "/dead-letters/\(letter)/edit",
      "from=letter&data="
        + #"{"thing":"a","mood":"good","price":{"amount":100,"currency":"USD"}}"#.percentEncoded
    )
    #expect(edit.status == .seeOther)
    #expect(edit.headers[.location] == "/dead-letters/\(letter)")
    let page = text(answer(.get, "/dead-letters/\(letter)"))
    #expect(page.contains("&quot;mood&quot; : &quot;good&quot;"))
    #expect(page.contains("id=\"original\"") && page.contains("&quot;mood&quot; : &quot;bad&quot;"))
    let retry = answer(.post, "/dead-letters/\(letter)/retry", "from=letter")
    #expect(retry.headers[.location] == "/health#dead-letters")
    #expect(retry.notice == "dead letter \(letter) (alpha/thing.priced #1): retry, done")
    #expect(retry.correlationID == "work-on-a")
    #expect(try ward.things == ["a good", "a <second>"])
  }

  @Test func `a held back event has a page without a decision`() throws {
    let list = try ward.answer(.get, "/api/dead-letters?state=all").document["deadLetters"]
    guard case .array(let all)? = list, let id = all.last?["id"]?.string else {
      Issue.record("no second letter")
      return
    }
    let page = text(answer(.get, "/dead-letters/\(id)"))
    #expect(page.contains("<title>Held back: thing.priced v1 · Delta</title>"))
    #expect(page.contains("No decision is needed") && !page.contains("<form"))
    let question = text(answer(.get, "/dead-letters/\(id)/discard"))
    #expect(question.contains("<title>Held back: thing.priced v1 · Delta</title>"))
    let refused = answer(.post, "/dead-letters/\(id)/discard", "from=letter")
    #expect(refused.status == .conflict)
    #expect(text(refused).contains("id=\"refusal\""))
  }

  @Test func `a room with a page of its own keeps it`() {
    var assembly = ward.assembly
    assembly = Assembly(
      journal: assembly.journal, routes: [.plain("/health") { _ in try .json("own") }])
    let paths = HealthPages(look: pages.look, assembly: assembly).routes.map(\.path)
    #expect(!paths.contains("/health") && paths.contains("/pane/health"))
  }
}
