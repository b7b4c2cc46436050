import Events
import RoomTesting
import Schema

/// Money of the system's one currency.
func usd(_ amount: Int64) -> Money { Money(amount: amount, currency: .usd) }

/// Settings of a version, the fee and the discount on where they are not zero.
func settings(_ version: Int64, fee: Int64 = 2500, discount: Int64 = 0) -> SettingsChanged {
  SettingsChanged(
    settingsId: Settings.id, version: version, currency: .usd,
    fee: Rule(enabled: fee > 0, amount: fee),
    discount: Rule(enabled: discount > 0, amount: discount))
}

extension TestClock {
  /// A captured order that was promised this.
  func captured(
    product: String = "widget", price: Int64 = 1000, fee: Int64 = 2500, discount: Int64 = 0
  ) -> OrderCaptured {
    OrderCaptured(
      orderId: identifier(), cartId: identifier(), product: product, price: usd(price),
      promise: Promise(
        quoteId: identifier(), settingsVersion: 1000, fee: usd(fee), discount: usd(discount)))
  }

  /// An approved order whose parts make its total.
  func approved(
    product: String = "widget", price: Int64 = 1000, fee: Int64 = 2500, discount: Int64 = 0,
    version: Int64 = 1000
  ) -> OrderApproved {
    OrderApproved(
      orderId: identifier(), cartId: identifier(), product: product, price: usd(price),
      fee: usd(fee), discount: usd(discount), total: usd(price + fee - discount),
      settingsVersion: version)
  }
}
