import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct MoneyTextTests {
  @Test(
    arguments: [
      (2500, "USD", "25.00 USD"), (0, "USD", "0.00 USD"), (5, "EUR", "0.05 EUR"),
      (-5, "EUR", "-0.05 EUR"), (-123_456, "USD", "-1234.56 USD"), (1500, "JPY", "1500 JPY"),
      (-1, "JPY", "-1 JPY"), (1, "KWD", "0.001 KWD"), (12_345, "CLF", "1.2345 CLF"),
      (.max, "USD", "92233720368547758.07 USD"), (.min, "USD", "-92233720368547758.08 USD"),
    ] as [(Int64, String, String)])
  func `an amount is formatted with its currency's decimals`(
    amount: Int64, code: String, text: String
  ) throws {
    let money = Money(amount: amount, currency: try #require(Currency(code)))
    #expect(money.formatted == text)
    #expect("\(money)" == text)
  }

  @Test(
    arguments: [
      (2500, "USD", "25.00 USD"), (123_456, "USD", "1~234.56 USD"), (-5, "EUR", "-0.05 EUR"),
      (-123_456_789, "EUR", "-1~234~567.89 EUR"), (1500, "JPY", "1~500 JPY"),
      (12_345_678, "KWD", "12~345.678 KWD"), (.min, "USD", "-92~233~720~368~547~758.08 USD"),
    ] as [(Int64, String, String)])
  func `a page shows an amount in groups of three digits, and a form reads it`(
    amount: Int64, code: String, text: String
  ) throws {
    let currency = try #require(Currency(code))
    let money = Money(amount: amount, currency: currency)
    #expect(money.shown == text.replacing("~", with: "\u{202f}"))
    #expect(money.shown == "\(money.shownDecimal) \(code)")
    guard amount > 0 else { return }
    #expect(try Money(entered: money.shownDecimal, currency: currency) == money)
    for space in [" ", "\u{a0}"] {
      let typed = money.shownDecimal.replacing("\u{202f}", with: space)
      #expect(try Money(entered: typed, currency: currency) == money)
    }
  }

  @Test(
    arguments: [
      ("10.00", "USD", 1000), ("10", "USD", 1000), ("0.5", "USD", 50), ("0", "USD", 0),
      ("007.10", "USD", 710), (" 10.00 ", "USD", 1000), ("1500", "JPY", 1500),
      ("0.001", "KWD", 1), ("1.5", "CLF", 15_000),
      ("92233720368547758.07", "USD", .max),
    ] as [(String, String, Int64)])
  func `a decimal text is read`(text: String, code: String, amount: Int64) throws {
    let currency = try #require(Currency(code))
    let money = try Money(decimal: text, currency: currency)
    #expect(money == Money(amount: amount, currency: currency))
    #expect(try Money(decimal: money.decimal, currency: currency) == money)
  }

  @Test(
    arguments: [
      ("1.000.000", "USD"), ("1,000", "USD"), ("1,000,000", "USD"), ("10,500", "KWD"),
      ("10,5", "JPY"), ("1,2.50", "USD"), ("1234,567.80", "USD"), ("1,000 000.50", "USD"),
    ])
  func `an amount that may be one of two is answered without a figure`(
    text: String, code: String
  ) throws {
    let currency = try #require(Currency(code))
    let error = #expect(throws: MoneyError.self) {
      try Money(decimal: text, currency: currency)
    }
    #expect(
      error?.description
        == "“\(text)” has separators, write it as digits, with a point before the decimals")
  }

  @Test(
    arguments: [
      ("", "USD", .malformed, "the amount is empty, write it like 10.00"),
      ("  ", "USD", .malformed, "the amount is empty, write it like 10.00"),
      ("-1", "USD", .negative, "the amount “-1” is negative, and must be zero or more"),
      ("ten", "USD", .malformed, "“ten” is not an amount, write it like 10.00"),
      ("+1", "USD", .malformed, "“+1” is not an amount, write it like 10.00"),
      (".5", "USD", .malformed, "“.5” is not an amount, write it like 10.00"),
      ("5.", "USD", .malformed, "“5.” is not an amount, write it like 10.00"),
      (".", "USD", .malformed, "“.” is not an amount, write it like 10.00"),
      ("1e3", "USD", .malformed, "“1e3” is not an amount, write it like 10.00"),
      ("10 USD", "USD", .malformed, "“10 USD” is not an amount, write it like 10.00"),
      ("$10", "USD", .malformed, "“$10” is not an amount, write it like 10.00"),
      ("١٠", "USD", .malformed, "“١٠” is not an amount, write it like 10.00"),
      ("1,000.00", "USD", .malformed, "“1,000.00” has separators, write it like 1000.00"),
      ("10,50", "USD", .malformed, "“10,50” has separators, write it like 10.50"),
      ("10,5", "USD", .malformed, "“10,5” has separators, write it like 10.50"),
      ("1.234,56", "USD", .malformed, "“1.234,56” has separators, write it like 1234.56"),
      ("1'234.5", "USD", .malformed, "“1'234.5” has separators, write it like 1234.50"),
      (
        "1,234,567.80", "USD", .malformed, "“1,234,567.80” has separators, write it like 1234567.80"
      ),
      ("1 000", "USD", .malformed, "“1 000” has separators, write it like 1000"),
      (
        "10.001", "USD", .malformed, "“10.001” has too many digits after the point, USD has 2"
      ),
      ("10.0", "JPY", .malformed, "“10.0” has too many digits after the point, JPY has none"),
      (
        "92233720368547758.08", "USD", .overflow,
        "the amount in USD is too large: it does not fit into 64 bits"
      ),
    ] as [(String, String, MoneyError.Code, String)])
  func `a text that is no amount is an error with its reason`(
    text: String, code: String, kind: MoneyError.Code, sentence: String
  ) throws {
    let currency = try #require(Currency(code))
    let error = #expect(throws: MoneyError.self) {
      try Money(decimal: text, currency: currency)
    }
    #expect(error?.code == kind)
    #expect(error?.description == sentence)
  }

  @Test(
    arguments: [
      ("12,50", "USD", 1250), (" 12,5 ", "USD", 1250), ("0,05", "EUR", 5), ("12.50", "USD", 1250),
      ("10", "JPY", 10), ("10,5", "KWD", 10_500), ("1,2345", "CLF", 12_345),
      ("1 234,5", "USD", 123_450), (" 12 345 678 ", "USD", 1_234_567_800),
    ] as [(String, String, Int64)])
  func `a form understands a decimal comma`(text: String, code: String, amount: Int64) throws {
    let currency = try #require(Currency(code))
    let money = try Money(entered: text, currency: currency)
    #expect(money == Money(amount: amount, currency: currency))
  }

  @Test(
    arguments: [
      ("1,000", "USD"), ("10,500", "KWD"), ("10,5", "JPY"), ("1,000.00", "USD"),
      ("1.000,00", "USD"),
      ("1,2,3", "USD"), (",5", "USD"), ("5,", "USD"), ("-1,5", "USD"), ("12,50 USD", "USD"),
    ])
  func `a form guesses at no other comma`(text: String, code: String) throws {
    let currency = try #require(Currency(code))
    let strict = #expect(throws: MoneyError.self) { try Money(decimal: text, currency: currency) }
    let error = #expect(throws: MoneyError.self) { try Money(entered: text, currency: currency) }
    #expect(error == strict)
  }

  @Test(arguments: [
    "1 00", "12 34.50", "1234 567", "1  000", "1 000 00", "1 000.00 0", "1,000 000", "1\u{2003}000",
    "1 000,000", "1 000 USD",
  ])
  func `a form refuses a space that is not between groups of three digits`(text: String) {
    #expect(throws: MoneyError.self) { try Money(entered: text, currency: .usd) }
  }

  @Test func `a long text is quoted by its beginning`() {
    let text = String(repeating: "x", count: 100_000)
    let error = #expect(throws: MoneyError.self) { try Money(decimal: text, currency: .usd) }
    #expect((error?.description.count ?? .max) < 100)
  }
}
