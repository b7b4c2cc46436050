import Daemon
import Events
import Foundation
import HTTPTypes
import Overlord
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct OverlordEventPageTests {
  private let overlord: ServiceHarness
  private let alpha: SyntheticLog
  private let beta: SyntheticLog
  private let captured: OrderCaptured

  /// Five events of two streams, of two pieces of work.
  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    alpha = SyntheticLog("alpha", clock: overlord.clock)
    beta = SyntheticLog("beta", clock: overlord.clock)
    captured = overlord.clock.captured()
  }

  private func receiveAll() throws {
    let records = [
      try alpha.next(settings(1000), request: "start"),
      try beta.next(captured, request: "work & 1"),
      try beta.next(overlord.clock.captured(), request: "work-2"),
      try alpha.next(
        OrderRejected(
          orderId: captured.orderId, cartId: captured.cartId, reason: "<script>\u{202e}"),
        request: "work & 1"),
      try alpha.next(
        OrderFinalized(orderId: captured.orderId, cartId: captured.cartId, outcome: .rejected),
        request: "work & 1"),
    ]
    overlord.clock.advance(microseconds: 1000)
    for record in records { try overlord.receive(record) }
  }

  /// The positions of the listed events, in order.
  private func listed(_ query: String) -> [Int] {
    overlord.get("/events\(query)").text.matches(of: /<tr id="event-(\d+)">/)
      .compactMap { Int($0.output.1) }
  }

  @Test func `all events are listed, newest first, with and without the old parameter`() throws {
    #expect(overlord.get("/events").text.contains("No events."))
    try receiveAll()
    #expect(listed("") == [5, 4, 3, 2, 1])
    #expect(listed("?live=no") == [5, 4, 3, 2, 1])
    #expect(overlord.get("/events").text.contains("data-stream="), "the page is live")
    #expect(overlord.get("/events?stream=beta").text.contains("data-stream="))
  }

  @Test func `a list is continued by a link that keeps the filter`() throws {
    try receiveAll()
    #expect(listed("?limit=2&stream=alpha") == [5, 4])
    let page = overlord.get("/events?limit=2&stream=alpha").text
    #expect(page.contains("href=\"/events?before=4&amp;stream=alpha&amp;limit=2\">Older</a>"))
    #expect(listed("?before=4&stream=alpha&limit=2") == [1])
  }

  @Test(
    "a search finds a part of a type, a request, an order and the end of an id",
    arguments: [
      ("captured", [3, 2]), ("ORDER.", [5, 4, 3, 2]), ("work-2", [3]), ("start", [1]),
      ("settings.changed", [1]), ("%25", []), ("_ork-2", []), ("nothing", []),
      ("%20", [5, 4, 3, 2, 1]),
    ] as [(String, [Int])])
  func searches(text: String, expected: [Int]) throws {
    try receiveAll()
    #expect(listed("?search=\(text)") == expected)
  }

  @Test func `a search finds an order by its end, as pages show it`() throws {
    try receiveAll()
    let id = captured.orderId.description
    let end = id.suffix(8)
    #expect(listed("?search=\(id)") == [5, 4, 2])
    #expect(listed("?search=\(end)") == [5, 4, 2])
    #expect(listed("?search=%E2%80%A6\(end.uppercased())") == [5, 4, 2])
    #expect(listed("?search=\(id.suffix(13))&stream=beta") == [2])
    #expect(listed("?search=x\(end)").isEmpty)
    #expect(listed("?search=\(end)&type=order.rejected") == [4])
    #expect(listed("?subject=\(id)&type=order.finalized") == [5])
  }

  @Test func `a search goes over pages of events`() throws {
    for _ in 1...5 { try overlord.receive(try beta.next(overlord.clock.captured())) }
    #expect(listed("?search=order&limit=2") == [5, 4])
    #expect(listed("?search=order&limit=2&before=4") == [3, 2])
  }

  @Test func `an event links to its page, its trace and its subject`() throws {
    try receiveAll()
    let page = overlord.get("/events").text
    #expect(page.contains("<a href=\"/events/5\">order.finalized v1</a>"))
    #expect(
      page.contains("href=\"/traces/work%20%26%201\" title=\"work &amp; 1\">work &amp; 1</a>"))
    #expect(
      page.contains("data-copy=\"work &amp; 1\"")
        && page.contains("data-copy=\"\(captured.orderId)\""))
    #expect(page.contains("href=\"/events?subject=\(captured.orderId)\""))
    #expect(page.contains("<details id=\"payload-4\">"))
  }

  @Test func `the filter keeps what was typed, and shows it without running it`() {
    let page = overlord.get("/events?type=%3Cscript%3E&stream=beta&search=%22x").text
    #expect(page.contains("value=\"&lt;script&gt;\""))
    #expect(page.contains("value=\"&quot;x\""))
    #expect(!page.contains("<script>"))
    #expect(page.contains("<option value=\"beta\" selected>"))
    #expect(page.contains("Nothing passes this filter."))
  }

  @Test func `a payload is escaped, and its hidden characters are visible`() throws {
    try receiveAll()
    for path in ["/events", "/events/4", "/traces/work-2", "/traces/work%20%26%201"] {
      let page = overlord.get(path)
      #expect(page.code == 200)
      #expect(!page.text.contains("<script>"))
      #expect(!page.text.unicodeScalars.contains("\u{202e}"))
    }
    #expect(overlord.get("/events/4").text.contains("&lt;script&gt;\\u202e"))
    #expect(overlord.get("/events").text.contains("&lt;script&gt;\\u202e"))
  }

  @Test func `an event's page has its header, its times, its cause and what it caused`() throws {
    let first = try beta.next(captured, request: "work-9")
    let cause = try OrderCaptured.read(first)
    overlord.clock.advance(microseconds: 12_000)
    let second = try alpha.next(
      OrderRejected(orderId: captured.orderId, cartId: captured.cartId, reason: "no"),
      in: cause.consequence)
    overlord.clock.advance(microseconds: 2_000)
    try overlord.receive(first, second)
    let page = overlord.get("/events/1").text
    #expect(page.contains("<title>order.captured v2 of Beta · Overlord</title>"))
    #expect(page.contains("<code>beta/order.captured/v2/</code>"))
    #expect(page.contains("<code>\(first.header.committedAt)</code>"))
    #expect(page.contains("14 ms from the commit to Overlord"))
    #expect(page.contains("no event: the work begins here"))
    #expect(page.contains("data-news=\"It caused order.rejected v1 of Alpha.\""))
    #expect(page.contains("<div id=\"caused-2\"><a href=\"/events/2\">order.rejected v1</a>"))
    #expect(page.contains("&quot;specversion&quot; : &quot;1.0&quot;"))
    let effect = overlord.get("/events/2").text
    #expect(effect.contains("<dd><a href=\"/events/1\">order.captured v2</a> of"))
    #expect(effect.contains("data-news=\"It has caused no event yet.\""))
    #expect(effect.contains("no event, as far as Overlord has received"))
  }

  @Test func `an event whose cause was not received names the cause`() throws {
    let cause = try OrderCaptured.read(try beta.next(captured))
    try overlord.receive(
      try alpha.next(
        OrderRejected(orderId: captured.orderId, cartId: captured.cartId, reason: "no"),
        in: cause.consequence))
    let page = overlord.get("/events/1").text
    #expect(page.contains("an event that Overlord does not have: "))
    #expect(page.contains("<span class=\"id\" title=\"\(cause.id)\""))
  }

  @Test(arguments: ["0", "2", "-1", "x", "99999999999999999999", "%3Cb%3E"])
  func `an event that does not exist is not found, in words`(position: String) throws {
    try overlord.receive(try beta.next(captured))
    let answer = overlord.send(
      .get, "/events/\(position)", headers: [.accept: "text/html"])
    #expect(answer.code == 404)
    #expect(answer.text.contains("Overlord has no event at the position"))
  }
}
