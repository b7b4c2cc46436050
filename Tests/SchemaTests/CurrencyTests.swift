import Events
import FoundationEssentials
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct CurrencyTests {
  @Test(arguments: [
    ("USD", 2), ("EUR", 2), ("GBP", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("KWD", 3),
    ("TND", 3), ("CLF", 4), ("UYW", 4), ("XOF", 0), ("XCG", 2),
  ])
  func `an active currency has the digits of ISO 4217`(code: String, digits: Int) {
    #expect(Currency(code)?.minorUnitDigits == digits)
  }

  @Test(arguments: ["", "usd", "US", "USDX", "XXX", "XAU", "HRK", "DEM", " USD"])
  func `other codes do not exist`(code: String) {
    #expect(Currency(code) == nil)
  }

  @Test func `all of the table's codes are three capital letters, each once`() {
    let codes = Currency.all.map(\.code)
    #expect(codes.count == 165)
    #expect(codes == Set(codes).sorted())
    #expect(codes.allSatisfy { $0.count == 3 && $0.allSatisfy { ("A"..."Z").contains($0) } })
  }

  @Test func `the named currencies are those of the table`() {
    #expect(Currency.usd == Currency("USD"))
    #expect(Currency.eur == Currency("EUR"))
  }

  @Test func `a currency is its code in JSON`() throws {
    let json = try [Currency.eur].json()
    #expect(String(decoding: json, as: UTF8.self) == #"["EUR"]"#)
    #expect(try JSONDecoder().decode([Currency].self, from: json) == [.eur])
  }

  @Test func `an unknown code does not decode, and the sentence names it`() throws {
    let error = try #require(throws: DecodingError.self) {
      try JSONDecoder().decode([String: Currency].self, from: Data(#"{"currency":"usd"}"#.utf8))
    }
    let sentence = "currency: “usd” is not a currency code of ISO 4217, such as USD"
    #expect(DecodingProblem(error).description == sentence)
  }
}
