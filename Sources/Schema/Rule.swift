import Events

/// A fee or a discount as the settings hold it: an amount, and whether it is on.
///
/// The amount is kept while the rule is off, so that switching it on again needs no memory.
public struct Rule: Codable, Hashable, Sendable {
  /// Whether the rule is on.
  public let enabled: Bool
  /// The count of minor units of the settings' one currency, on or off.
  public let amount: Int64

  /// A rule with an amount, on or off.
  public init(enabled: Bool, amount: Int64) {
    self.enabled = enabled
    self.amount = amount
  }

  /// The amount that the rule adds or takes off now, zero while it is off.
  public var inForce: Int64 { enabled ? amount : 0 }
}
