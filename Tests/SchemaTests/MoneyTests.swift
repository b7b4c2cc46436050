import Events
import FoundationEssentials
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct MoneyTests {
  @Test(arguments: [
    (0, 0, 0), (2500, 1000, 3500), (5, -7, -2), (.max - 1, 1, .max), (.min, .max, -1),
  ])
  func `two amounts of a currency are added`(left: Int64, right: Int64, sum: Int64) throws {
    #expect(try usd(left).adding(usd(right)) == usd(sum))
    #expect(try usd(right).adding(usd(left)) == usd(sum))
  }

  @Test(arguments: [(0, 0, 0), (3500, 1000, 2500), (5, 7, -2), (.min + 1, 1, .min)])
  func `two amounts of a currency are subtracted`(
    left: Int64, right: Int64, rest: Int64
  ) throws {
    #expect(try usd(left).subtracting(usd(right)) == usd(rest))
  }

  @Test(arguments: [(.max, 1), (1, .max), (.min, -1), (.max, .max)] as [(Int64, Int64)])
  func `a sum that does not fit is an error`(left: Int64, right: Int64) {
    let error = #expect(throws: MoneyError.self) { try usd(left).adding(usd(right)) }
    #expect(error?.code == .overflow)
    #expect(
      error?.description == "the amount in USD is too large: it does not fit into 64 bits")
  }

  @Test(arguments: [(.min, 1), (0, .min), (.max, -1)] as [(Int64, Int64)])
  func `a difference that does not fit is an error`(left: Int64, right: Int64) {
    let error = #expect(throws: MoneyError.self) { try usd(left).subtracting(usd(right)) }
    #expect(error?.code == .overflow)
  }

  @Test func `two currencies are never mixed`() {
    let euro = Money(amount: 1, currency: .eur)
    let adding = #expect(throws: MoneyError.self) { try usd(1).adding(euro) }
    let subtracting = #expect(throws: MoneyError.self) { try usd(1).subtracting(euro) }
    let comparing = #expect(throws: MoneyError.self) { try usd(1).isLess(than: euro) }
    let sentence = "the amounts are of different currencies, USD and EUR"
    for error in [adding, subtracting, comparing] {
      #expect(error?.code == .currencyMismatch)
      #expect(error?.description == sentence)
    }
    #expect(usd(1) != euro)
  }

  @Test(arguments: [(1, 2, true), (2, 2, false), (3, 2, false), (.min, .max, true)])
  func `the smaller amount is known`(left: Int64, right: Int64, isLess: Bool) throws {
    #expect(try usd(left).isLess(than: usd(right)) == isLess)
  }

  @Test(arguments: [0, 1, 999_999_999_999] as [Int64])
  func `a person may enter an amount up to the limit`(amount: Int64) throws {
    try Money.validateEntered(amount)
    try usd(amount).validateEntered()
  }

  @Test(
    arguments: [
      (-1, .negative, "the fee is negative, and must be zero or more"),
      (.min, .negative, "the fee is negative, and must be zero or more"),
      (
        1_000_000_000_000, .aboveLimit,
        "the fee is above the limit of 999999999999 minor units"
      ),
      (.max, .aboveLimit, "the fee is above the limit of 999999999999 minor units"),
    ] as [(Int64, MoneyError.Code, String)])
  func `an amount beyond the limits is an error that names it`(
    amount: Int64, code: MoneyError.Code, sentence: String
  ) {
    let error = #expect(throws: MoneyError.self) { try usd(amount).validateEntered(as: "fee") }
    #expect(error?.code == code)
    #expect(error?.description == sentence)
  }

  @Test func `nine million amounts at the limit fit into a sum`() {
    #expect(!Money.limit.multipliedReportingOverflow(by: 9_000_000).overflow)
  }

  @Test(arguments: [0, -1, .max, .min] as [Int64])
  func `money is an object of amount and currency`(amount: Int64) throws {
    let json = try usd(amount).json()
    #expect(String(decoding: json, as: UTF8.self) == #"{"amount":\#(amount),"currency":"USD"}"#)
    #expect(try JSONDecoder().decode(Money.self, from: json) == usd(amount))
  }
}

private func usd(_ amount: Int64) -> Money { Money(amount: amount, currency: .usd) }
