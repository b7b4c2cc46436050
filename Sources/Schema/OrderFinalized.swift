public import Events
public import Runtime

/// An order has come to its end, and its cart is open again.
///
/// It comes from Alpha.
public struct OrderFinalized: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("order.finalized", version: 1, leastReader: 1)

  /// The end that an order came to.
  public enum Outcome: String, Codable, Hashable, Sendable, CaseIterable {
    /// Approved, and its total was charged.
    case charged
    /// Approved, and its charge was declined.
    case declined
    /// Rejected, and never charged.
    case rejected
  }

  /// The order.
  public let orderId: Identifier
  /// The cart that it was ordered from.
  public let cartId: Identifier
  /// The outcome of the order.
  public let outcome: Outcome

  /// An end with these parts.
  public init(orderId: Identifier, cartId: Identifier, outcome: Outcome) {
    self.orderId = orderId
    self.cartId = cartId
    self.outcome = outcome
  }

  /// The order.
  public var subject: String { orderId.description }
}
