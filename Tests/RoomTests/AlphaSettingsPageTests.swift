import Alpha
import Daemon
import HTTPTypes
import RoomTesting
import Testing

/// The page of the settings.
@Suite(.timeLimit(.minutes(1))) struct `Alpha's page of the settings` {
  private let alpha: ServiceHarness

  init() throws {
    alpha = try ServiceHarness(AlphaRoom.self, values: ["pages.overlord": "http://watch.example"])
  }

  private let form = [
    "version": "1000", "feeEnabled": "on", "fee": "30.00", "discount": "10.00",
  ]

  private func form(_ changes: [String: String]) -> [String: String] {
    form.merging(changes) { $1 }
  }

  @Test func `the settings and their history are shown`() {
    let page = alpha.get("/settings").text
    #expect(page.contains("In force: version 1000"))
    #expect(page.contains("value=\"25.00\">"))
    #expect(page.contains("data-label=\"Fee\">25.00 USD, on</td>"))
    #expect(page.contains("data-label=\"Discount\">10.00 USD, off</td>"))
    #expect(page.contains("href=\"/settings\" aria-current=\"page\""))
  }

  @Test func `the form changes the settings as the API does, and the page confirms it`() throws {
    let answer = alpha.submit("/settings", fields: form)
    #expect((answer.code, answer.headers[.location]) == (303, "/settings?done=1001"))
    let settings = alpha.get("/api/settings")
    #expect((settings.integer("version"), settings.integer("fee.amount")) == (1001, 3000))
    #expect(settings.value("discount.enabled") == .bool(false))
    let page = alpha.get("/settings?done=1001").text
    let sentence = "Version 1001 is in force: fee 30.00 USD, on, discount 10.00 USD, off."
    #expect(page.contains("id=\"done\">\(sentence)</p>"))
    #expect(page.contains("data-news=\"\(sentence)\""))
    #expect(page.contains("<tr id=\"version-1001\" tabindex"))
    #expect(page.contains("href=\"http://watch.example/traces/request-1\""))
    _ = alpha.submit("/settings", fields: form(["version": "1001", "fee": "1"]))
    let later = alpha.get("/settings?done=1001").text
    #expect(later.contains("Version 1001 was in force. Version 1002 has replaced it."))
    #expect(!alpha.get("/settings?done=7").text.contains("id=\"done\""))
  }

  @Test func `an amount may have a decimal comma`() {
    _ = alpha.submit("/settings", fields: form(["fee": "5,50"]))
    #expect(alpha.get("/api/settings").integer("fee.amount") == 550)
  }

  @Test func `an amount is shown in groups of three digits, and may be entered so`() {
    let shown = "1\u{202f}234\u{202f}567.89"
    _ = alpha.submitInBrowser("/settings", fields: form(["fee": shown]))
    #expect(alpha.get("/api/settings").integer("fee.amount") == 123_456_789)
    let page = alpha.get("/settings").text
    #expect(page.contains("data-label=\"Fee\">\(shown) USD, on</td>"))
    #expect(page.contains("value=\"1234567.89\">"), "a field has plain digits")
    let refused = alpha.submitInBrowser(
      "/settings", fields: form(["version": "1001", "fee": "1 00"]))
    #expect(refused.code == 422 && refused.text.contains("id=\"fee-error\""))
  }

  @Test func `older versions are behind a link`() {
    for (version, fee) in zip(1000...1003, 1...4) {
      _ = alpha.submit("/settings", fields: form(["version": "\(version)", "fee": "\(fee)"]))
    }
    let page = alpha.get("/settings?limit=2").text
    #expect(page.contains("id=\"version-1004\"") && !page.contains("id=\"version-1002\""))
    #expect(page.contains("href=\"/settings?before=1003#history\""))
    #expect(alpha.get("/settings?before=1003").text.contains("id=\"version-1002\""))
  }

  @Test func `a conflict shows both changes, and the form still has mine`() throws {
    _ = alpha.submit("/settings", fields: form(["fee": "99.00"]))
    let mine = form(["fee": "1.50", "discount": "2.00", "discountEnabled": "on"])
    let answer = alpha.submitInBrowser("/settings", fields: mine)
    #expect(answer.code == 412)
    let page = answer.text
    #expect(page.contains("The settings were changed while this form was open."))
    #expect(page.contains("The two changes of version 1000"))
    #expect(page.contains("data-label=\"When you opened the form\">25.00 USD, on</td>"))
    #expect(page.contains(">99.00 USD, on <span class=\"state wait\">changed</span></td>"))
    #expect(page.contains("data-label=\"In force now\">10.00 USD, off</td>"))
    #expect(page.contains("data-label=\"Yours\">1.50 USD, on <span class=\"state wait\">"))
    #expect(page.contains("data-label=\"Yours\">2.00 USD, on <span class=\"state wait\">"))
    #expect(page.contains("value=\"1.50\">") && page.contains("value=\"2.00\">"))
    #expect(page.contains("name=\"version\" value=\"1001\""))
    #expect(alpha.get("/api/settings").integer("fee.amount") == 9900)
    let again = alpha.submit("/settings", fields: mine.merging(["version": "1001"]) { $1 })
    #expect(again.headers[.location] == "/settings?done=1002")
  }

  @Test(
    "an amount that cannot be read is refused at its field, with what was typed",
    arguments: ["", "x", "-1", "1.005", "99999999999999999999", "1e3", "10000000000.00"])
  func amounts(text: String) {
    let answer = alpha.submitInBrowser("/settings", fields: form(["discount": text]))
    #expect(answer.code == 422)
    let field = "value=\"\(text)\" aria-invalid=\"true\" aria-describedby=\"discount-error\">"
    #expect(answer.text.contains(field))
    #expect(answer.text.contains("<p class=\"error\" id=\"discount-error\">"))
    #expect(answer.text.contains("value=\"30.00\">"))
    #expect(alpha.get("/api/settings").integer("version") == 1000)
  }

  @Test func `an amount over the limit is refused by the API's rule`() {
    let answer = alpha.submit("/settings", fields: form(["fee": "10000000000.00"]))
    #expect(answer.string("type") == "urn:eventually:problem:invalid-money")
  }

  @Test func `a program that sends the form gets a problem document`() {
    let answer = alpha.submit("/settings", fields: form(["fee": "x"]))
    #expect((answer.code, answer.string("path")) == (422, "fee"))
  }
}
