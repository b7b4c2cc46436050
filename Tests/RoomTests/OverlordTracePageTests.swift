import Daemon
import Events
import Foundation
import HTTPTypes
import Overlord
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct OverlordTracePageTests {
  private let overlord: ServiceHarness
  private let alpha: SyntheticLog
  private let beta: SyntheticLog
  private let captured: OrderCaptured

  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    alpha = SyntheticLog("alpha", clock: overlord.clock)
    beta = SyntheticLog("beta", clock: overlord.clock)
    captured = overlord.clock.captured(product: "<lamp>")
    try overlord.receive(try beta.next(captured, request: "work-9"))
    overlord.clock.advance(microseconds: 250_000)
    try overlord.receive(
      try alpha.next(
        OrderRejected(orderId: captured.orderId, cartId: captured.cartId, reason: "no"),
        request: "work-9"))
  }

  @Test func `a trace is a picture with lanes, arrows and times, and the same in words`() {
    let page = overlord.get("/traces/work-9").text
    for lane in ["beta", "alpha", "charlie"] {
      #expect(page.contains("<g id=\"lane-\(lane)\" class=\"\(lane)\">"))
    }
    #expect(page.contains("role=\"img\" aria-labelledby=\"diagram-title diagram-words\""))
    #expect(page.contains("<g id=\"arrow-1\" class=\"beta done\">"))
    #expect(page.contains("order.captured · &lt;lamp&gt;"))
    #expect(page.contains(">+250 ms</text>"))
    #expect(page.contains("<li id=\"step-1\"><span class=\"offset\">+0 ms</span>"))
    #expect(page.contains("(&lt;lamp&gt;), applied by Alpha."))
    #expect(!page.contains("style="))
  }

  @Test func `a missing step is drawn and said`() throws {
    let page = overlord.get("/traces/work-9").text
    #expect(page.contains("<g id=\"gap-2\" class=\"alpha missing\">"))
    #expect(page.contains("order.finalized is missing"))
    #expect(page.contains("Alpha has not published order.finalized"))
    #expect(page.contains("data-news=\"order.rejected v1. The next step is missing.\""))
    try overlord.receive(
      try alpha.next(
        OrderFinalized(orderId: captured.orderId, cartId: captured.cartId, outcome: .rejected),
        request: "work-9"))
    let whole = overlord.get("/traces/work-9").text
    #expect(whole.contains("nothing is missing"))
    #expect(!whole.contains("gap-"))
  }

  @Test func `a trace is found by its order, and by the end of an id`() throws {
    let id = captured.orderId.description
    let request = "0123456789abcdef"
    try overlord.receive(try beta.next(overlord.clock.captured(), request: request))
    for name in ["work-9", id, String(id.suffix(8)), "%E2%80%A6\(id.suffix(8))"] {
      #expect(overlord.get("/traces/\(name)").text.contains("id=\"arrow-1\""), "\(name)")
    }
    #expect(overlord.get("/traces/89ABCDEF").text.contains("id=\"arrow-3\""))
  }

  @Test func `of several traces one is chosen`() throws {
    for version in 1000...1001 {
      try overlord.receive(
        try alpha.next(settings(Int64(version)), request: "change-\(version)"))
    }
    let page = overlord.get("/traces/\(Settings.id)").text
    #expect(page.contains("<title>2 traces · Overlord</title>"))
    #expect(page.contains("data-news=\"2 traces, the newest with settings.changed v1.\""))
    #expect(page.contains("data-copy=\"change-1000\""))
    #expect(
      page.contains("href=\"/traces/change-1000\"") && page.contains("href=\"/traces/change-1001\"")
    )
    #expect(!page.contains("<svg class=\"diagram\""))
  }

  @Test(arguments: ["nothing", "%20", "%3Cb%3E", "%25", "________"])
  func `an unknown trace is not found, in words`(name: String) {
    let answer = overlord.send(.get, "/traces/\(name)", headers: [.accept: "text/html"])
    #expect(answer.code == 404)
    #expect(answer.text.contains("Overlord has no event of"))
  }

  @Test func `a settings change leads in both directions`() throws {
    try overlord.receive(try alpha.next(settings(1000), request: "change"))
    let page = overlord.get("/traces/change").text
    #expect(page.contains("applied by Beta and Charlie."))
    #expect(page.matches(of: /<polygon\b/).count == 2)
  }
}
