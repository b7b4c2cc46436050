/// The cost of an order: the one pure function of the promise.
///
/// total = price + fee - discount, where the discount given never exceeds price + fee. Beta uses it
/// before it captures an order, Alpha when it prices one: they agree because the code is the same.
public struct Pricing: Hashable, Sendable {
  /// The product's price.
  public let price: Money
  /// The fee that is added.
  public let fee: Money
  /// The discount that is given: the promised one, or price + fee where that is less.
  public let discount: Money
  /// The amount that the customer is charged; at least zero.
  public let total: Money

  /// The price of an order with this fee and this promised discount.
  ///
  /// Each of the three is checked against the limits for entered amounts, although it was checked
  /// at its entry: an event may come from a service of another team. Different currencies are an
  /// error too.
  public init(price: Money, fee: Money, discount: Money) throws(MoneyError) {
    try price.validateEntered(as: "price")
    try fee.validateEntered(as: "fee")
    try discount.validateEntered(as: "discount")
    let sum = try price.adding(fee)
    let given = try discount.isLess(than: sum) ? discount : sum
    self.price = price
    self.fee = fee
    self.discount = given
    total = try sum.subtracting(given)
  }

  /// The price of an order that carries a promise: from the promise alone.
  public init(price: Money, promise: Promise) throws(MoneyError) {
    try self.init(price: price, fee: promise.fee, discount: promise.discount)
  }

  /// The price of an order without a promise: from the settings in force.
  public init(price: Money, settings: SettingsChanged) throws(MoneyError) {
    try self.init(
      price: price, fee: settings.feeInForce, discount: settings.discountInForce)
  }
}
