import Daemon
import Events
import Foundation
import HTTPTypes
import Journal
import RoomTesting
import Schema
import Testing

@testable import Overlord

@Suite(.timeLimit(.minutes(1))) struct OverlordHealthPageTests {
  private let overlord: ServiceHarness
  private let alpha: SyntheticLog
  private let beta: SyntheticLog
  private let captured: OrderCaptured

  init() throws {
    overlord = try ServiceHarness(OverlordRoom.self)
    alpha = SyntheticLog("alpha", clock: overlord.clock)
    beta = SyntheticLog("beta", clock: overlord.clock)
    captured = overlord.clock.captured()
  }

  private var page: String { overlord.get("/health").text }

  @Test func `a new system's health is in words, and unknown is not zero`() {
    for text in [
      "Unknown, since Overlord does not receive the stream.",
      "No order came to its end in the last 30 minutes.",
      "id=\"none-stuck\"",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(page.contains("data-news=\"No order is stuck.\""))
  }

  @Test func `Overlord's lag in each stream is a chart, unknown before the first message`() {
    for name in ["alpha", "beta", "charlie"] {
      #expect(page.contains("<section class=\"\(name)\" id=\"lag-in-\(name)\">"))
      #expect(page.contains("<svg class=\"chart\" id=\"lag-\(name)\""))
    }
    #expect(page.matches(of: /in each minute: Unknown now\./).count == 3)
    #expect(page.matches(of: /<rect class="unknown"/).count == 3 * 30)
  }

  @Test func `the health of each service is a frame, with a link to the pane alone`() throws {
    for (title, port) in [("Alpha", 3991), ("Beta", 3992), ("Charlie", 3993)] {
      let address = "http://127.0.0.1:\(port)"
      #expect(
        page.contains(
          "<iframe src=\"\(address)/pane/health\" title=\"Health of \(title)\"></iframe>"))
      #expect(page.contains("href=\"\(address)/pane/health\" target=\"_blank\">\(title)</a>"))
      #expect(page.contains("<strong>\(title) does not answer.</strong>"))
    }
    #expect(page.contains("<iframe src=\"/pane/health\" title=\"Health of Overlord\"></iframe>"))
    let elsewhere = try ServiceHarness(
      OverlordRoom.self, values: ["pages.beta": "https://beta.example/x/?a=1"])
    #expect(
      elsewhere.get("/health").text.contains("src=\"https://beta.example/x/pane/health?a=1\""))
  }

  @Test func `events are counted by stream and minute, each once`() throws {
    let first = try beta.next(overlord.clock.captured())
    try overlord.receive(first)
    try overlord.receiveAgain(first)
    overlord.clock.advance(microseconds: 60_000_000)
    try overlord.receive(
      try beta.next(overlord.clock.captured()), try beta.next(overlord.clock.captured()))
    #expect(page.contains("3 in 30 minutes, 1 in the last whole minute, 2 at most."))
    overlord.clock.advance(microseconds: 1_800_000_000)
    #expect(!page.contains("in the last whole minute"))
  }

  @Test func `no events are none only while the stream is received`() {
    func summary(_ state: String?, _ counts: Int64...) -> String {
      RateChart.summary(of: counts, while: state)
    }
    #expect(summary("live", 0, 0) == "No events in the last 30 minutes.")
    #expect(
      summary("live", 4, 2, 1) == "7 in 30 minutes, 2 in the last whole minute, 4 at most.")
    for state in ["connecting", "away", "stopped", nil] {
      #expect(
        summary(state, 0, 0) == "Unknown, since Overlord does not receive the stream.")
      #expect(
        summary(state, 4, 2, 1).hasSuffix("more, since Overlord does not receive the stream."))
    }
    #expect(
      summary("catchingUp", 0, 0) == "Unknown, since Overlord is catching up with the stream.")
  }

  @Test func `the critical time is that from capture to end`() throws {
    for milliseconds in [200, 300, 4000] {
      let order = overlord.clock.captured()
      try overlord.receive(try beta.next(order))
      overlord.clock.advance(microseconds: UInt64(milliseconds) * 1000)
      try overlord.receive(
        try alpha.next(
          OrderFinalized(orderId: order.orderId, cartId: order.cartId, outcome: .rejected)))
    }
    #expect(page.contains("3 orders: half of them took at most 300 ms, the longest 4.0 s."))
  }

  @Test func `an order is stuck when its next step is missing for a minute`() throws {
    try overlord.receive(try beta.next(captured, request: "work-9"))
    overlord.clock.advance(microseconds: 60_000_000)
    #expect(page.contains("id=\"none-stuck\""))
    overlord.clock.advance(microseconds: 1)
    #expect(page.contains("<tr id=\"stuck-1\">"))
    #expect(page.contains("order.approved or order.rejected of"))
    #expect(page.contains("href=\"/traces/\(captured.orderId)\""))
    #expect(page.contains("data-news=\"1 order is stuck.\""))
    try overlord.receive(try alpha.next(rejected(captured)))
    #expect(page.contains("id=\"none-stuck\""), "the next step is there")
    overlord.clock.advance(microseconds: 60_000_001)
    #expect(page.contains("<tr id=\"stuck-2\">") && page.contains("order.finalized of"))
    try overlord.receive(try alpha.next(finalized(captured)))
    #expect(page.contains("id=\"none-stuck\""))
  }

  @Test func `an order is found however many events came after it`() throws {
    try overlord.receive(try beta.next(captured))
    for _ in 1...600 {
      let order = overlord.clock.captured()
      try overlord.receive(
        try beta.next(order), try alpha.next(rejected(order)), try alpha.next(finalized(order)))
    }
    overlord.clock.advance(microseconds: 60_000_001)
    #expect(page.contains("<tr id=\"stuck-1\">") && page.contains("1 stuck</span>"))
  }

  @Test func `of many stuck orders the longest waiting are listed, and all are counted`() throws {
    for _ in 1...22 { try overlord.receive(try beta.next(overlord.clock.captured())) }
    overlord.clock.advance(microseconds: 60_000_001)
    #expect(page.contains("22 stuck</span>") && page.contains("The 20 that wait longest are here."))
    #expect(page.contains("<tr id=\"stuck-20\">") && !page.contains("<tr id=\"stuck-21\">"))
  }

  @Test(arguments: 0...2)
  func `an order that came to its end is not stuck, in whatever order its events arrive`(
    place: Int
  ) throws {
    var records = [try alpha.next(rejected(captured)), try alpha.next(finalized(captured))]
    records.insert(try beta.next(captured), at: place)
    for record in records {
      try overlord.receive(record)
      #expect(try kept == [])
    }
    overlord.clock.advance(microseconds: 60_000_001)
    #expect(page.contains("id=\"none-stuck\""))
  }

  @Test func `a kept order that the events do not have, and one that is not kept, are found`()
    throws
  {
    try overlord.receive(
      try beta.next(captured), try alpha.next(rejected(captured)),
      try beta.next(overlord.clock.captured()))
    #expect(try kept == [])
    try overlord.journal.write {
      try $0.run("UPDATE open_orders SET position = 1 WHERE position = 2")
    }
    #expect(try kept.count == 2)
    try overlord.journal.write { try $0.run("DELETE FROM open_orders") }
    #expect(try kept.count == 2 && kept.allSatisfy { $0.hasSuffix("not kept as that") })
  }

  @Test func `the steps of an order are those of its flow`() {
    for event in Registry.eventually.events {
      guard let next = OrderFlow.next(after: event.type)?.types else { continue }
      #expect(Set(next).isSubset(of: OrderStep.types(after: event.type) ?? []), "\(event.type)")
    }
  }

  private var kept: [String] {
    get throws { try overlord.journal.read { try openOrdersCheck.findings($0) } }
  }

  private func rejected(_ order: OrderCaptured) -> OrderRejected {
    OrderRejected(orderId: order.orderId, cartId: order.cartId, reason: "no")
  }

  private func finalized(_ order: OrderCaptured) -> OrderFinalized {
    OrderFinalized(orderId: order.orderId, cartId: order.cartId, outcome: .rejected)
  }

  @Test func `the pages have no style in them, and a title of their own`() {
    for path in ["/", "/events", "/health", "/schemas"] {
      let page = overlord.get(path).text
      #expect(!page.contains("style="))
      #expect(page.contains("<a href=\"\(path)\" aria-current=\"page\">"), "\(path)")
    }
  }
}
