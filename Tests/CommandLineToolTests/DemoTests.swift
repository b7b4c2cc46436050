import ArgumentParser
import Events
import FoundationEssentials
import Schema
import Testing

@testable import CommandLineTool

@Suite("The demo from the command line", .timeLimit(.minutes(1)))
struct DemoTests {
  private func settings(fee: Int64, isOn: Bool = true) throws -> DemoSettings {
    try DemoSettings(
      json: Data(
        """
        {"version":1007,"settingsId":"00000000-0000-7000-8000-000000000001","currency":"USD",
         "fee":{"enabled":\(isOn),"amount":\(fee)},"discount":{"enabled":true,"amount":250}}
        """.utf8))
  }

  @Test(
    "Another fee is on, and within the limit",
    arguments: [(0, 500), (2500, 3000), (Money.limit, Money.limit - 500)])
  func anotherFee(_ found: Int64, _ next: Int64) throws {
    let settings = try settings(fee: found, isOn: false)
    let other = settings.values.withAnotherFee
    #expect(settings.version == 1007)
    #expect(other.fee == Rule(enabled: true, amount: next))
    #expect(other.discount == settings.values.discount)
    #expect(other.withAnotherFee != other)
  }

  @Test("A fee that is off is said to be off")
  func words() throws {
    #expect(try settings(fee: 2500).values.feeInWords == "25.00 USD")
    #expect(try settings(fee: 2500, isOn: false).values.feeInWords == "25.00 USD, but off")
  }

  @Test("An event has its version, and all that are pinned")
  func versions() throws {
    let events = try DemoEvents(
      json: Data(
        #"{"events":[{"topic":"beta/order.captured/v2/"},{"topic":"x/novel.event/v1/"}]}"#.utf8))
    #expect(
      events.events.map(\.sentence) == [
        "order.captured v2 from beta; pinned: v1 and v2, BACKWARD_TRANSITIVE compatibility.",
        "x/novel.event/v1/ is not in this program's registry.",
      ])
    #expect(events.has("order.captured"))
    #expect(!events.has("order.finalized"))
  }

  @Test("A trace has a line for each event, below its cause")
  func trace() throws {
    let trace = try DemoTrace(
      json: Data(
        """
        {"beganAt":"2026-01-02T03:04:05.000000Z","missing":[],"events":[
          {"topic":"beta/order.captured/v2/","committedAt":"2026-01-02T03:04:05.000000Z","caused":[
            {"topic":"alpha/order.approved/v2/","committedAt":"2026-01-02T03:04:05.012500Z",
             "caused":[]}]}]}
        """.utf8))
    #expect(
      trace.lines == [
        "+0.0 ms       beta/order.captured/v2/", "+12.5 ms      └─ alpha/order.approved/v2/",
      ])
  }

  @Test("A line of the fee report is a sentence")
  func fees() throws {
    let money = #"{"amount":3000,"currency":"USD"}"#
    let report = try DemoFees(
      json: Data(
        """
        {"fees":[{"settingsVersion":1001,"state":"matched","fee":\(money),"orders":1,
          "carried":\(money),"collected":\(money)}],"unknown":[]}
        """.utf8))
    #expect(
      report.fees.map(\.sentence) == [
        """
        The fee report of settings version 1001: a fee of 30.00 USD, 1 order that carried 30.00 USD \
        in all, 30.00 USD collected, matched.
        """
      ])
  }

  @Test(
    "Each point has a head for people, and the addresses of its pages",
    arguments: DemoPoint.allCases)
  func points(_ point: DemoPoint) throws {
    #expect(point.opening.hasPrefix("\(point.rawValue) of 5. \(point.title)\n"))
    let addresses = try AddressOptions.parse([
      "--port-base", "4990", "--alpha", "http://shop.example:80",
    ])
    let requests = try DemoRequests(addresses, limit: .seconds(1)) { .zero }
    let shown = DemoShown(
      point,
      played: DemoPlayed(sentences: ["It\u{1b}[2J is so."], order: "an-order", request: "a/b"),
      requests: requests)
    #expect(shown.text.hasPrefix("   It\\u{1b}[2J is so.\n   Look at http://"))
    #expect(shown.text.hasSuffix("\n"))
    switch point {
    case .transition:
      #expect(shown.pages.first == "http://shop.example:80/orders/an-order")
    case .correlation: #expect(shown.pages == ["http://127.0.0.1:4994/traces/a%2Fb"])
    default: break
    }
  }
}
