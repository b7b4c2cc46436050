import Alpha
import Beta
import Daemon
import Events
import Foundation
import HTTPTypes
import Overlord
import RoomTesting
import Schema
import Testing

/// `/health`, `/pane/health` and the pages of dead letters, which every service has.
@Suite(.timeLimit(.minutes(1))) struct ServiceHealthPageTests {
  private let overlord: ServiceHarness
  private let source: SyntheticLog

  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    source = SyntheticLog("beta", clock: overlord.clock)
  }

  private var pane: String { overlord.get("/pane/health").text }

  /// An event whose body cannot be shown, and so is a dead letter.
  private func receiveUnreadable(at position: Int = 0) throws {
    let record = try source.next(overlord.clock.captured())
    let body = String(decoding: record.body, as: UTF8.self)
      .replacing("\"amount\":1000", with: "\"amount\":1e999")
    try overlord.receive(
      Record(topic: record.topic, header: record.header, body: Data(body.utf8)))
  }

  private func letter() throws -> String {
    try #require(overlord.get("/api/dead-letters").string("deadLetters.0.id"))
  }

  private func submit(_ act: String, of letter: String, from place: String) -> Response {
    overlord.submitInBrowser("/dead-letters/\(letter)/\(act)", fields: ["from": place])
  }

  @Test func `a new service follows streams of which nothing is known yet`() throws {
    #expect(pane.contains("<tr id=\"following-alpha\">"))
    #expect(pane.contains("<span class=\"dim\">of unknown</span>"))
    #expect(pane.contains("id=\"no-followers\""))
    #expect(pane.contains("id=\"none-dead\"") && pane.contains("id=\"none-held\""))
    #expect(pane.contains("<body class=\"pane overlord\" data-stream="), "it is live and small")
  }

  @Test func `the followers are listed with their lag, and one that was never seen in words`()
    throws
  {
    let alpha = try ServiceHarness(AlphaRoom.self, values: ["consumers": "beta,overlord"])
    for path in ["/health", "/pane/health"] {
      let page = alpha.get(path).text
      #expect(page.contains("<tr id=\"follower-overlord\">"))
      #expect(page.contains("<span class=\"state bad\">never seen</span>"))
    }
    #expect(!alpha.get("/health").text.contains("class=\"pane"))
  }

  @Test func `a pane leaves a publisher that is away to the pane of that publisher`() throws {
    let alpha = try ServiceHarness(AlphaRoom.self)
    #expect(alpha.get("/health").text.contains("data-news=\"Alpha: Beta is connecting.\""))
    #expect(alpha.get("/pane/health").text.contains("data-news=\"Alpha: Healthy.\""))
    try receiveUnreadable()
    #expect(pane.contains("data-news=\"Overlord: 1 dead letter.\""))
  }

  @Test func `the lag of each follower is a chart, in which unknown minutes are no zeros`() throws {
    let alpha = try ServiceHarness(AlphaRoom.self, values: ["consumers": "beta,overlord"])
    let page = alpha.get("/pane/health").text
    for (name, title) in [("beta", "Beta"), ("overlord", "Overlord")] {
      #expect(page.contains("<svg class=\"chart\" id=\"lag-\(name)\""))
      #expect(page.contains("aria-label=\"Lag of \(title) in each minute: 1 now, 1 at most"))
    }
    #expect(page.matches(of: /<rect class="unknown"/).count == 2 * 29)
    #expect(page.matches(of: /<rect class="whole" x="290" y="2" width="8" height="58"/).count == 2)
    try alpha.journal.write { transaction in
      let head = try transaction.head()
      _ = try transaction.acknowledge("beta", epoch: head.epoch, sequence: head.sequence)
    }
    alpha.clock.advance(microseconds: 60_000_000)
    let words = "0 now, 1 at most in 2 minutes, the others unknown."
    for path in ["/health", "/pane/health"] {
      #expect(alpha.get(path).text.contains("Lag of Beta in each minute: \(words)"))
    }
    alpha.clock.advance(microseconds: 1_800_000_000)
    #expect(alpha.get("/health").text.contains("Lag of Beta in each minute: 0 now, 0 at most in"))
  }

  @Test func `the pages of customers have the number of dead letters, and none of their data`()
    throws
  {
    let beta = try ServiceHarness(BetaRoom.self, values: ["consumers": "alpha,overlord"])
    let alpha = SyntheticLog("alpha", clock: beta.clock)
    let record = try alpha.next(settings(1000))
    let body = String(decoding: record.body, as: UTF8.self).replacing("2500", with: "1e999")
    try beta.receive(Record(topic: record.topic, header: record.header, body: Data(body.utf8)))
    let id = try #require(beta.get("/api/dead-letters").string("deadLetters.0.id"))
    let command = "eventually dead-letters list beta"

    let pane = beta.get("/pane/health").text
    #expect(pane.contains("1 dead</span>") && pane.contains("<code>\(command)</code>"))
    #expect(pane.contains("id=\"following-alpha\"") && pane.contains("id=\"follower-overlord\""))
    for data in ["<form", "settings.changed", id] { #expect(!pane.contains(data), "\(data)") }
    for path in ["/health", "/dead-letters/\(id)"] {
      let answer = beta.get(path)
      #expect(answer.code == 404 && answer.text.contains(command), "\(path)")
    }
    for act in ["retry", "discard", "edit"] {
      let path = "/dead-letters/\(id)/\(act)"
      #expect(beta.submitInBrowser(path, fields: ["from": "pane"]).code == 404)
    }
    #expect(beta.get("/api/dead-letters").string("deadLetters.0.id") == id)
  }

  @Test func `dead letters are grouped by their reason, with forms that come back to the pane`()
    throws
  {
    try receiveUnreadable()
    try receiveUnreadable()
    #expect(pane.contains("<title>2 dead letters · Overlord</title>"))
    #expect(pane.contains("the body cannot be shown as JSON <span class=\"dim\">(2)</span>"))
    let id = try letter()
    #expect(
      pane.contains(
        "action=\"/dead-letters/\(id)/retry\"><input type=\"hidden\" name=\"from\" value=\"pane\">")
    )
    #expect(pane.contains("<a href=\"/dead-letters/\(id)\" target=\"_blank\">Edit"))
    let retry = submit("retry", of: id, from: "pane")
    #expect((retry.code, retry.headers[.location]) == (303, "/pane/health"))
    #expect(pane.contains("Last action: retry: the body cannot be shown as JSON"))
    let discard = submit("discard", of: id, from: "pane")
    #expect((discard.code, discard.headers[.location]) == (303, "/pane/health"))
    #expect(pane.contains("<title>1 dead letter · Overlord</title>"))
  }

  @Test func `a refused form of the pane is shown in the pane`() throws {
    try receiveUnreadable()
    let id = try letter()
    #expect(submit("discard", of: id, from: "pane").code == 303)
    let answer = submit("discard", of: id, from: "pane")
    #expect(answer.code == 404)
    #expect(answer.text.contains("<body class=\"pane overlord\""))
    #expect(answer.text.contains("id=\"refusal\" role=\"alert\""))
    #expect(answer.text.contains("The event is not deferred any more: discard"))
  }

  @Test func `of many dead letters the pane has the first ones, and the number of all`() throws {
    for _ in 1...10 { try receiveUnreadable() }
    #expect(pane.contains("10 dead</span>") && pane.contains("The first 8 are here"))
    #expect(pane.matches(of: /<article id="letter-/).count == 8)
  }

  @Test func `a dead letter has a page, on which a retry shows its result`() throws {
    try receiveUnreadable()
    let id = try letter()
    let page = overlord.get("/dead-letters/\(id)").text
    #expect(page.contains("<title>Dead letter: order.captured v2 · Overlord</title>"))
    #expect(page.contains("<dt>Reason</dt><dd>the body cannot be shown as JSON</dd>"))
    #expect(submit("retry", of: id, from: "letter").headers[.location] == "/dead-letters/\(id)")
    #expect(overlord.get("/dead-letters/\(id)").text.contains("<tr id=\"act-0\">"))
    let gone = submit("discard", of: id, from: "letter")
    #expect(gone.headers[.location] == "/health#dead-letters")
    #expect(overlord.get("/dead-letters/\(id)").code == 404)
  }

  @Test func `a dead letter is discarded after a question, which has what is lost`() throws {
    try receiveUnreadable()
    let id = try letter()
    let path = "/dead-letters/\(id)/discard"
    #expect(pane.contains("<a href=\"\(path)\" target=\"_blank\">Discard"))
    #expect(!pane.contains("action=\"\(path)\""), "no list discards at once")
    let letter = overlord.get("/dead-letters/\(id)").text
    #expect(letter.contains("<a href=\"\(path)\">Discard</a>"))
    #expect(!letter.contains("action=\"\(path)\""))
    let question = overlord.get(path).text
    #expect(question.contains("<title>Discard order.captured v2? · Overlord</title>"))
    #expect(question.contains("Overlord never applies this event, and its change is lost here."))
    #expect(question.contains("<dt>Reason</dt><dd>the body cannot be shown as JSON</dd>"))
    #expect(question.contains("<form class=\"actions\" method=\"post\" action=\"\(path)\">"))
    #expect(question.contains("href=\"/dead-letters/\(id)\">Keep</a>"))
    #expect(overlord.get("/api/dead-letters").count("deadLetters") == 1, "it only asks")
    #expect(submit("discard", of: id, from: "letter").code == 303)
    #expect(overlord.get(path).code == 404)
  }

  @Test(arguments: [
    ("{\"a\": <b>", "The data is not JSON."), ("{}", "The event with this data cannot be read"),
  ])
  func `a refused edit is shown again with what was typed`(typed: String, detail: String) throws {
    try receiveUnreadable()
    let id = try letter()
    let answer = overlord.submitInBrowser(
      "/dead-letters/\(id)/edit", fields: ["from": "letter", "data": typed])
    #expect(answer.code == 422)
    #expect(answer.text.contains(detail))
    let shown = typed.replacing("\"", with: "&quot;").replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;")
    #expect(
      answer.text.contains(
        "aria-invalid=\"true\" aria-describedby=\"data-error\">\(shown)</textarea>"))
    #expect(answer.text.matches(of: /id="data-error"/).count == 1)
    #expect(!answer.text.contains("role=\"alert\"><strong>"), "it is at its field alone")
  }
}
