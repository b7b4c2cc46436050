import Events

/// A fee or a discount as the settings hold it: an amount, and whether it is on.
///
/// The amount is kept while the rule is off, so that switching it on again needs no memory.
public struct Rule: Hashable, Sendable {
  /// Whether the rule is on.
  public let enabled: Bool
  /// The count of minor units of the settings' one currency, on or off.
  public let amount: Int64

  /// A rule with an amount, on or off.
  public init(enabled: Bool, amount: Int64) {
    self.enabled = enabled
    self.amount = amount
  }

  /// What the rule adds or takes off now: its amount, zero while it is off.
  public var inForce: Int64 { enabled ? amount : 0 }
}

extension Rule: Codable {
  private enum CodingKeys: String, CodingKey {
    case enabled
    case amount
  }

  /// Reads `{"enabled": true, "amount": 2500}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    enabled = try container.decode(Bool.self, forKey: .enabled)
    amount = try container.wholeNumber(forKey: .amount)
  }
}
