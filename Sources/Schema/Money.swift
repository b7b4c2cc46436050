import Events

/// An amount of money: an integer count of a currency's minor units, 2500 for 25.00 USD.
///
/// Money never rounds, wraps or converts. An overflow of 64 bits or a mix of two currencies is an
/// error. Money has no `<`, because amounts of two currencies have no order.
public struct Money: Codable, Hashable, Sendable {
  /// The count of minor units, which may be negative: a posting of a ledger is.
  public let amount: Int64
  /// The currency that the units are of.
  public let currency: Currency

  /// A number of minor units of a currency.
  public init(amount: Int64, currency: Currency) {
    self.amount = amount
    self.currency = currency
  }

  /// Zero, in a currency.
  public static func zero(_ currency: Currency) -> Money { Money(amount: 0, currency: currency) }

  /// The sum; an error when it overflows or the currencies differ.
  public func adding(_ other: Money) throws(MoneyError) -> Money {
    try checkCurrency(of: other)
    return try checked(amount.addingReportingOverflow(other.amount))
  }

  /// The difference, which may be negative; an error when it overflows or the currencies differ.
  public func subtracting(_ other: Money) throws(MoneyError) -> Money {
    try checkCurrency(of: other)
    return try checked(amount.subtractingReportingOverflow(other.amount))
  }

  /// Whether this is the smaller amount; an error when the currencies differ.
  public func isLess(than other: Money) throws(MoneyError) -> Bool {
    try checkCurrency(of: other)
    return amount < other.amount
  }

  private func checkCurrency(of other: Money) throws(MoneyError) {
    guard currency == other.currency else { throw .mismatch(currency, other.currency) }
  }

  private func checked(
    _ result: (partialValue: Int64, overflow: Bool)
  ) throws(MoneyError) -> Money {
    guard !result.overflow else { throw .overflow(in: currency) }
    return Money(amount: result.partialValue, currency: currency)
  }
}

extension Money {
  /// The largest amount that a person may enter as a price, a fee or a discount, in minor units.
  ///
  /// It is chosen so that nine million such amounts sum to less than 2^63: an account of the
  /// ledger does not overflow.
  public static let limit: Int64 = 999_999_999_999

  /// Throws when a person may not enter an amount: below zero or above `limit`.
  ///
  /// - Parameters:
  ///   - amount: the amount, in minor units.
  ///   - name: the name of the amount in the error's sentence: `price`.
  public static func validateEntered(
    _ amount: Int64, as name: String = "amount"
  ) throws(MoneyError) {
    guard amount >= 0 else { throw .negative(name) }
    guard amount <= limit else { throw .aboveLimit(name) }
  }

  /// Throws when a person may not enter this amount: below zero or above `limit`.
  ///
  /// - Parameter name: the name of the amount in the error's sentence: `price`.
  public func validateEntered(as name: String = "amount") throws(MoneyError) {
    try Self.validateEntered(amount, as: name)
  }
}
