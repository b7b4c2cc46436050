public import Events
public import Runtime

/// The system-wide settings have changed, and are these now.
///
/// It comes from Alpha. The event is the whole of the settings, so that the newest one is all that
/// a copy needs. A copy never goes back to a lower `version`.
public struct SettingsChanged: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("settings.changed", version: 1, leastReader: 1)

  /// The id of the settings, always `Settings.id`.
  public let settingsId: Identifier
  /// The number of this state of the settings; the first is 1000, and it grows by one.
  public let version: Int64
  /// The one currency that both rules count in.
  public let currency: Currency
  /// The amount that is added to an order's price, in minor units.
  public let fee: Rule
  /// The amount that is taken off an order's price and fee, in minor units.
  public let discount: Rule

  /// Settings with these parts.
  public init(
    settingsId: Identifier, version: Int64, currency: Currency, fee: Rule, discount: Rule
  ) {
    self.settingsId = settingsId
    self.version = version
    self.currency = currency
    self.fee = fee
    self.discount = discount
  }

  /// The settings.
  public var subject: String { settingsId.description }

  /// The fee that an order has now, zero while it is off.
  public var feeInForce: Money { Money(amount: fee.inForce, currency: currency) }

  /// The discount that an order has now, zero while it is off.
  public var discountInForce: Money { Money(amount: discount.inForce, currency: currency) }
}
