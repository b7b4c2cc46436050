import Alpha
import Beta
import Charlie
import Daemon
import Events
import Foundation
import HTTPTypes
import Logging
import Overlord
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct OverlordHomePageTests {
  private let overlord: ServiceHarness
  private let alpha: SyntheticLog
  private let beta: SyntheticLog
  private let captured: OrderCaptured

  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    alpha = SyntheticLog("alpha", clock: overlord.clock)
    beta = SyntheticLog("beta", clock: overlord.clock)
    captured = overlord.clock.captured(product: "<b>lamp\u{202e}</b>", fee: 2500, discount: 500)
  }

  private func receiveAll() throws {
    try overlord.receive(
      try alpha.next(settings(1001)), try beta.next(overlord.clock.captured()),
      try beta.next(captured, request: "work-2"))
  }

  @Test func `each service has a frame with its compact page, and a link to the whole one`() throws
  {
    let page = overlord.get("/").text
    for (title, port) in [("Alpha", 3991), ("Beta", 3992), ("Charlie", 3993)] {
      let address = "http://127.0.0.1:\(port)"
      #expect(page.contains("<iframe src=\"\(address)/pane\" title=\"\(title)\"></iframe>"))
      #expect(page.contains("href=\"\(address)\" target=\"_blank\">\(title)</a>"))
      #expect(page.contains("<strong>\(title) does not answer.</strong>"))
    }
    #expect(page.contains("id=\"pane-overlord\""))
    let elsewhere = try ServiceHarness(
      OverlordRoom.self, values: ["pages.beta": "https://beta.example/x/?a=1&b=2"])
    #expect(
      elsewhere.get("/").text.contains("src=\"https://beta.example/x/pane?a=1&amp;b=2\""))
  }

  @Test(arguments: [
    ("localhost:4000", "http://localhost:3992"), ("LOCALHOST", "http://localhost:3992"),
    ("127.0.0.1:4000", "http://127.0.0.1:3992"), ("overlord.example", "http://127.0.0.1:3992"),
  ])
  func `a page under a loopback name frames the services of this machine under the same name`(
    host: String, beta: String
  ) throws {
    let overlord = try ServiceHarness(
      OverlordRoom.self, values: ["pages.alpha": "https://alpha.example"])
    let name = try #require(HTTPField.Name("Host"))
    for (path, pane) in [("/", "/pane"), ("/health", "/pane/health")] {
      let page = overlord.send(.get, path, headers: [name: host]).text
      #expect(page.contains("<iframe src=\"\(beta)\(pane)\""))
      #expect(page.contains("<a class=\"stream\" href=\"\(beta)"))
      #expect(page.contains("<iframe src=\"https://alpha.example\(pane)\""))
    }
    let policy = overlord.get("/").headers[.contentSecurityPolicy] ?? ""
    #expect(policy.contains("http://127.0.0.1:3992 http://localhost:3992"))
    #expect(policy.contains("https://alpha.example "))
  }

  @Test func `without events the page explains what to do`() {
    #expect(overlord.get("/").text.contains("No events have come yet."))
    let change = overlord.get("/?story=change").text
    #expect(change.contains("No settings have been published yet."))
    #expect(overlord.get("/?story=transition").text.contains("No order has been captured yet."))
  }

  @Test func `an event is a card in the colour of its stream, with its way to the appliers`() throws
  {
    try receiveAll()
    let page = overlord.get("/").text
    #expect(page.contains("<li id=\"event-1\" class=\"alpha\">"))
    #expect(page.contains("<p class=\"arrow up to-beta\"><span>Beta</span></p>"))
    #expect(page.contains("<p class=\"arrow down to-charlie\"><span>Charlie</span></p>"))
    #expect(page.contains("<p class=\"arrow down to-alpha\"><span>Alpha</span></p>"))
    #expect(
      page.contains("<a href=\"/events/3\" target=\"_blank\"><span>order.</span>captured</a>"))
    let order = "…\("\(captured.orderId)".suffix(8))"
    #expect(page.contains("<span class=\"id\" title=\"\(captured.orderId)\">\(order)</span>"))
    let newest = try #require(page.range(of: "event-3"))
    let oldest = try #require(page.range(of: "event-1"))
    #expect(newest.lowerBound < oldest.lowerBound)
    #expect(page.contains("Beta published order.captured v2, event 3: "))
  }

  @Test func `a text of an event is escaped, and its hidden characters are visible`() throws {
    try receiveAll()
    for path in ["/", "/?story=transition"] {
      let page = overlord.get(path).text
      #expect(page.contains("&lt;b&gt;lamp\\u{202e}&lt;/b&gt;"))
      #expect(!page.contains("<b>"))
      #expect(!page.unicodeScalars.contains("\u{202e}"))
    }
  }

  @Test func `the strip has the last seven events`() throws {
    for _ in 1...9 { try overlord.receive(try beta.next(overlord.clock.captured())) }
    let page = overlord.get("/").text
    #expect(page.contains("id=\"event-9\"") && page.contains("id=\"event-3\""))
    #expect(!page.contains("id=\"event-2\""))
  }

  @Test func `an effect that arrives before its cause stands after it`() throws {
    let cause = try beta.next(captured)
    overlord.clock.advance(microseconds: 1000)
    let rejected = OrderRejected(
      orderId: captured.orderId, cartId: captured.cartId, reason: "sold out")
    try overlord.receive(try alpha.next(rejected), cause)
    let page = overlord.get("/").text
    let newest = try #require(page.range(of: "id=\"event-1\" class=\"alpha\""))
    let oldest = try #require(page.range(of: "id=\"event-2\" class=\"beta\""))
    #expect(newest.lowerBound < oldest.lowerBound)
    #expect(
      page.contains(
        """
        data-news="Alpha published order.rejected v1, event 1: sold out.
        Beta published order.captured v2, event 2: &lt;b&gt;lamp\\u{202e}&lt;/b&gt;."
        """), "in the order in which they came, each in a line of its own")
  }

  @Test func `the change event's story has the settings alone`() throws {
    try receiveAll()
    let page = overlord.get("/?story=change").text
    #expect(page.contains("<a href=\"/?story=change\" aria-current=\"page\">Change event</a>"))
    #expect(page.contains("<title>Change event · Overlord</title>"))
    #expect(page.contains("Alpha published version 1001 of the settings: fee 25.00 USD"))
    #expect(page.contains("id=\"event-1\"") && !page.contains("id=\"event-2\""))
  }

  @Test func `the transition event's story is the last order's, with its promise`() throws {
    try receiveAll()
    let rejected = OrderRejected(
      orderId: captured.orderId, cartId: captured.cartId, reason: "sold out")
    overlord.clock.advance(microseconds: 1000)
    try overlord.receive(try alpha.next(rejected, request: "work-2"))
    let page = overlord.get("/?story=transition").text
    #expect(
      page.contains("<a href=\"/?story=transition\" aria-current=\"page\">Transition event</a>"))
    #expect(page.contains("fee 25.00 USD and discount 5.00 USD"))
    let first = try #require(page.range(of: "id=\"event-3\""))
    let second = try #require(page.range(of: "id=\"event-4\""))
    #expect(first.lowerBound < second.lowerBound)
    #expect(page.contains("id=\"missing-4\" class=\"alpha missing\""))
    #expect(page.contains("<strong>order.finalized</strong>"))
    #expect(!page.contains("id=\"event-2\""))
  }

  @Test func `an order without a promise is shown as one`() throws {
    try overlord.receive(
      try beta.next(
        OrderCaptured(
          orderId: captured.orderId, cartId: captured.cartId, product: "lamp",
          price: usd(100), promise: nil)))
    #expect(overlord.get("/?story=transition").text.contains("It carries no promise"))
  }

  @Test func `the critical time is unknown until an order came to its end`() throws {
    #expect(overlord.get("/").text.contains("<dd>unknown</dd>"))
    try receiveAll()
    overlord.clock.advance(microseconds: 1_500_000)
    let finalized = OrderFinalized(
      orderId: captured.orderId, cartId: captured.cartId, outcome: .rejected)
    try overlord.receive(try alpha.next(finalized, request: "work-2"))
    #expect(overlord.get("/").text.contains("<dd>1.5 s</dd>"))
  }

  /// The arrows of the strip are drawn from a table, which must agree with the services.
  @Test func `an arrow leads to each service that applies the event`() throws {
    let rooms: [any Room.Type] = [AlphaRoom.self, BetaRoom.self, CharlieRoom.self]
    let reactions = try rooms.map { room in
      let shell = Shell(
        room, configuration: try ServiceConfiguration(of: room), runtime: overlord.clock.runtime,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      return (name: room.name, reactions: room.reactions(in: shell))
    }
    for event in Registry.eventually.events {
      let appliers = reactions.filter {
        $0.reactions.versions(in: event.stream)[event.type] != nil
      }
      #expect(
        Set(OverlordRoom.receivers[event.type] ?? ["?"]) == Set(appliers.map(\.name)),
        "\(event.type)")
    }
  }
}
