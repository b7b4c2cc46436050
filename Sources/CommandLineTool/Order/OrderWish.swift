import Events
import FoundationEssentials
import Schema

/// The order that the arguments describe.
struct OrderWish: Hashable, Sendable {
  let product: String
  let price: PriceText
  let approves: Bool
  /// Follows the whole work through all services.
  let requestID: String

  /// The price in the currency of the quote.
  ///
  /// - Throws: 64, when it is none in that currency.
  func money(in currency: Currency) throws(Failure) -> Money {
    do {
      return try price.money(in: currency)
    } catch {
      throw Failure(.usage, "PRICE: \(error)")
    }
  }

  /// The body of a checkout.
  func checkout(quote: String, price: Money) throws -> Data {
    try Checkout(quoteId: quote, product: product, price: price).json()
  }

  private struct Checkout: Encodable {
    let quoteId: String
    let product: String
    let price: Money
  }
}

/// A price as a person typed it, before it is known in which currency.
struct PriceText: Hashable, Sendable {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  /// Refuses a price that no currency allows.
  func check() throws(MoneyError) {
    let currencies = Currency.all.sorted { $0.minorUnitDigits > $1.minorUnitDigits }
    guard let finest = currencies.first, (try? money(in: finest)) == nil else { return }
    _ = try money(in: .usd)
  }

  /// The price in a currency.
  func money(in currency: Currency) throws(MoneyError) -> Money {
    let money = try Money(decimal: text, currency: currency)
    try money.validateEntered(as: "price")
    return money
  }
}
