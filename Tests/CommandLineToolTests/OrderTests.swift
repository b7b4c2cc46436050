import Events
import Schema
import Testing

@testable import CommandLineTool

@Suite("An order from the command line", .timeLimit(.minutes(2)))
struct OrderTests {
  @Test("A price that some currency allows is accepted", arguments: ["10", "10.00", "0.1234", "0"])
  func prices(_ text: String) throws {
    try PriceText(text).check()
  }

  @Test(
    "An invalid price is refused with the reason",
    arguments: [
      ("", "empty"), ("ten", "is not an amount"), ("1,000.00", "has separators"),
      ("-5", "negative"), ("1.23456", "too many digits"), ("99999999999999999999", "too large"),
      ("10000000000.00", "above the limit"),
    ])
  func noPrices(_ text: String, _ reason: String) {
    let error = #expect(throws: MoneyError.self) { try PriceText(text).check() }
    #expect(error?.description.contains(reason) == true)
  }

  @Test("The currency decides about the decimals")
  func currency() throws {
    let yen = try #require(Currency("JPY"))
    #expect(try PriceText("10.00").money(in: .usd) == Money(amount: 1000, currency: .usd))
    #expect(throws: MoneyError.self) { try PriceText("10.00").money(in: yen) }
  }

  @Test("Each step of an order is printed once, in Alpha's order")
  func steps() {
    var progress = OrderProgress()
    #expect(progress.sees(order("captured")) == [])
    #expect(progress.sees(order("approved")) == [.approved(total: total)])
    #expect(progress.sees(order("approved")) == [])
    #expect(progress.sees(order("charged", outcome: "charged")) == [.charged(total: total)])
    #expect(progress.outcome == nil)
    #expect(progress.sees(order("finalized", outcome: "charged")) == [])
    #expect(progress.outcome == "charged")
  }

  @Test("Steps between two looks are printed too")
  func skipped() {
    var progress = OrderProgress()
    #expect(
      progress.sees(order("finalized", outcome: "declined", reason: "code 51")) == [
        .approved(total: total), .declined(reason: "code 51"),
      ])
    #expect(progress.outcome == "declined")
  }

  @Test("A rejected order was never approved")
  func rejected() {
    var progress = OrderProgress()
    #expect(
      progress.sees(order("finalized", outcome: "rejected", reason: "no")) == [
        .rejected(reason: "no")
      ])
    #expect(progress.outcome == "rejected")
  }

  @Test("A step is a line for people and an object for programs")
  func lines() {
    let quoted = OrderStep.quoted(
      cart: "c", fee: total, discount: .zero(.usd), promised: true, settings: 1000)
    #expect(
      quoted.text == "quote     fee 35.00 USD, discount none, promised (settings version 1000)")
    #expect(
      quoted.json == #"{"cartId":"c","discount":{"amount":0,"currency":"USD"},"#
        + #""fee":{"amount":3500,"currency":"USD"},"promised":true,"settingsVersion":1000,"#
        + #""step":"quoted"}"#)
    #expect(OrderStep.declined(reason: nil).text == "declined")
    #expect(OrderStep.declined(reason: nil).json == #"{"step":"declined"}"#)
    let rejected = OrderStep.rejected(reason: "no\u{1b}[2J\nway")
    #expect(rejected.text == #"rejected  no\u{1b}[2J\u{a}way"#)
  }

  @Test("The curl lines are pinned", arguments: [("approve", true), ("wait", false)])
  func curl(_ name: String, _ approves: Bool) throws {
    let script = try script(wish(approves: approves))
    #expect(try script.text + "\n" == golden("order-\(name).sh"))
  }

  @Test("A product's name reaches the shell and JSON as it is")
  func quoting() throws {
    let script = try script(wish(product: #"Ada's "best" $HOME"#))
    #expect(
      try script.text.contains(
        #"  -d '{"price":{"amount":1000,"currency":"USD"},"product":"Ada'\''s \"best\" $HOME","#
          + #""quoteId":"'"$QUOTE_ID"'"}'"#))
  }

  private let total = Money(amount: 3500, currency: .usd)

  private func script(_ wish: OrderWish) throws -> CurlScript {
    CurlScript(
      wish: wish, price: try wish.price.money(in: .usd),
      alpha: try #require(ServiceAddress("http://127.0.0.1:3991")),
      beta: try #require(ServiceAddress("http://127.0.0.1:3992")))
  }
}
