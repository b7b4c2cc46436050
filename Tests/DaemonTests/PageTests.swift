import HTTPTypes
import Testing

@testable import Daemon

@Suite("Pages", .timeLimit(.minutes(1)))
struct PageTests {
  private func pages() throws -> PageTemplates {
    try PageTemplates(
      "Delta", navigation: [.init("Things", path: "/things")],
      templates: ["things": Array("{{#things}}<li>{{name}}</li>{{/things}}".utf8)])
  }

  private func text(_ answer: Response) -> String { String(decoding: answer.body, as: UTF8.self) }

  @Test("inserted values are escaped")
  func escaping() throws {
    let things = [["name": "<script>alert(\"1\")</script> & 'co'"]]
    let text = text(try pages().html("things", title: "<Things>", values: ["things": things]))
    #expect(
      text.contains(
        "<li>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39;</li>"))
    #expect(text.contains("<h1>&lt;Things&gt;</h1>"))
  }

  @Test("every page has the service's title and navigation, and nothing of its own in it")
  func layout() throws {
    let answer = try pages().html("things", title: "Things")
    let text = text(answer)
    #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
    #expect(text.contains("<title>Things · Delta</title>"))
    #expect(text.contains("<a href=\"/things\">Things</a>"))
    #expect(!text.contains("<style"))
    for asset in [PageAsset.style, .script, .icon] { #expect(text.contains("=\"\(asset.path)\"")) }
  }

  @Test("a template that does not exist is an error that names it")
  func missing() throws {
    let pages = try pages()
    let error = #expect(throws: MissingTemplate.self) { try pages.html("other", title: "") }
    #expect(error?.description.contains("“other”") == true)
  }
}
