import Events
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct PricingTests {
  struct Row: Sendable, CustomStringConvertible {
    let price, fee, discount, given, total: Int64

    init(_ price: Int64, _ fee: Int64, _ discount: Int64, given: Int64, total: Int64) {
      self.price = price
      self.fee = fee
      self.discount = discount
      self.given = given
      self.total = total
    }

    var description: String { "\(price) + \(fee) - \(discount)" }
  }

  @Test(arguments: [
    Row(1000, 2500, 0, given: 0, total: 3500),
    Row(1000, 2500, 1000, given: 1000, total: 2500),
    Row(1000, 0, 0, given: 0, total: 1000),
    Row(0, 0, 0, given: 0, total: 0),
    Row(0, 2500, 0, given: 0, total: 2500),
    Row(1000, 0, 1000, given: 1000, total: 0),
    Row(1000, 2500, 3499, given: 3499, total: 1),
    Row(1000, 2500, 3500, given: 3500, total: 0),
    Row(1000, 2500, 3501, given: 3500, total: 0),
    Row(0, 0, 1000, given: 0, total: 0),
    Row(Money.limit, Money.limit, 0, given: 0, total: 2 * Money.limit),
    Row(Money.limit, Money.limit, Money.limit, given: Money.limit, total: Money.limit),
  ])
  func `the total is price and fee less the discount that is given`(row: Row) throws {
    let pricing = try Pricing(
      price: usd(row.price), fee: usd(row.fee), discount: usd(row.discount))
    #expect(pricing.price == usd(row.price))
    #expect(pricing.fee == usd(row.fee))
    #expect(pricing.discount == usd(row.given))
    #expect(pricing.total == usd(row.total))
  }

  @Test(
    arguments: [
      (-1, 0, 0, .negative, "the price is negative, and must be zero or more"),
      (0, -1, 0, .negative, "the fee is negative, and must be zero or more"),
      (0, 0, -1, .negative, "the discount is negative, and must be zero or more"),
      (.max, 1, 0, .aboveLimit, "the price is above the limit of 999999999999 minor units"),
      (1, .max, 0, .aboveLimit, "the fee is above the limit of 999999999999 minor units"),
      (1, 1, .max, .aboveLimit, "the discount is above the limit of 999999999999 minor units"),
    ] as [(Int64, Int64, Int64, MoneyError.Code, String)])
  func `an amount beyond the limits has no price`(
    price: Int64, fee: Int64, discount: Int64, code: MoneyError.Code, sentence: String
  ) {
    let error = #expect(throws: MoneyError.self) {
      try Pricing(price: usd(price), fee: usd(fee), discount: usd(discount))
    }
    #expect(error?.code == code)
    #expect(error?.description == sentence)
  }

  @Test(arguments: [(Currency.eur, Currency.usd), (.usd, .eur)])
  func `a fee or a discount in another currency has no price`(fee: Currency, discount: Currency) {
    let error = #expect(throws: MoneyError.self) {
      try Pricing(price: usd(1), fee: .zero(fee), discount: .zero(discount))
    }
    #expect(error?.code == .currencyMismatch)
  }

  @Test func `an order with a promise is priced from the promise alone`() throws {
    let promise = Promise(
      quoteId: Settings.id, settingsVersion: 1, fee: usd(300), discount: usd(100))
    let pricing = try Pricing(price: usd(1000), promise: promise)
    #expect(pricing.total == usd(1200))
  }

  @Test func `an order without a promise is priced from settings whose rules may be off`() throws {
    let pricing = try Pricing(price: usd(1000), settings: Settings.first)
    #expect(pricing.fee == usd(2500))
    #expect(pricing.discount == usd(0))
    #expect(pricing.total == usd(3500))
  }

  @Test func `a quote promises the charge of its settings`() throws {
    let promise = Promise(
      quoteId: Settings.id, settingsVersion: Settings.first.version,
      fee: Settings.first.feeInForce, discount: Settings.first.discountInForce)
    #expect(promise.settingsVersion == 1000)
    let promised = try Pricing(price: usd(1000), promise: promise)
    #expect(try promised == Pricing(price: usd(1000), settings: Settings.first))
  }
}

private func usd(_ amount: Int64) -> Money { Money(amount: amount, currency: .usd) }
