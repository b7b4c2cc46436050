import Events
public import Runtime

/// Beta's promise to a customer with a quote, carried by the captured order: this fee and this
/// discount, regardless of the settings at the approval.
public struct Promise: Codable, Hashable, Sendable {
  /// The quote that the order form showed; it serves one order.
  public let quoteId: Identifier
  /// The version of the settings that the quote was taken from.
  public let settingsVersion: Int64
  /// The fee that is added to the price, in minor units; zero where the rule was off.
  public let fee: Money
  /// The most that is taken off, in minor units; zero where the rule was off.
  public let discount: Money

  /// A promise with these parts.
  public init(quoteId: Identifier, settingsVersion: Int64, fee: Money, discount: Money) {
    self.quoteId = quoteId
    self.settingsVersion = settingsVersion
    self.fee = fee
    self.discount = discount
  }
}
