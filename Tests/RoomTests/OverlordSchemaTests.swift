import Daemon
import Events
import HTTPTypes
import Overlord
import RoomTesting
import Schema
import Testing
import Versions

@Suite(.timeLimit(.minutes(1))) struct `Overlord's schemas` {
  private let overlord: ServiceHarness

  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
  }

  @Test func `the page shows every version, its fields and its samples`() {
    let page = overlord.get("/schemas").text
    for event in Registry.eventually.events {
      #expect(page.contains(event.summary.replacing("'", with: "&#39;")))
      for version in event.versions {
        #expect(page.contains(#"<a href="/schemas/\#(version.name).json">"#))
        for (path, _) in version.shape.fields { #expect(page.contains("<code>\(path)</code>")) }
        for golden in version.golden { #expect(page.contains("<summary>\(golden.name)</summary>")) }
      }
    }
    #expect(page.contains("&quot;promise&quot;"), "samples are escaped")
  }

  @Test(arguments: Registry.eventually.events.flatMap { $0.versions.map(\.name) })
  func `each version's schema is a document of its own`(name: String) throws {
    let answer = overlord.get("/schemas/\(name).json")
    #expect(answer.code == 200)
    #expect(answer.headers[.contentType] == "application/schema+json")
    #expect(answer.string("$schema") == "https://json-schema.org/draft/2020-12/schema")
    #expect(answer.string("type") == "object")
  }

  @Test(arguments: [
    ("json-schema.json", "application/schema+json"),
    ("asyncapi.json", "application/vnd.aai.asyncapi+json;version=3.0.0"),
    ("cloudevents.json", "application/cloudevents-batch+json"),
  ])
  func `the whole is a document in each format`(document: String, type: String) {
    let answer = overlord.get("/schemas/\(document)")
    #expect((answer.code, answer.headers[.contentType]) == (200, type))
  }

  @Test(arguments: ["order.captured.v3.json", "order.captured", "..", "%2e%2e%2fx.json"])
  func `an unknown document is not found, with a remedy`(document: String) {
    let answer = overlord.get("/schemas/\(document)")
    #expect(answer.code == 404)
    #expect(answer.string("remedy")?.contains("/schemas") == true)
  }
}
