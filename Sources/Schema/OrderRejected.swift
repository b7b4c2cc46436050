public import Events
public import Runtime

/// An order has been rejected, and is not charged.
///
/// It comes from Alpha.
public struct OrderRejected: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("order.rejected", version: 1, leastReader: 1)

  /// The order.
  public let orderId: Identifier
  /// The cart that it was ordered from.
  public let cartId: Identifier
  /// The reason, in the words of the person who rejected it.
  public let reason: String

  /// A rejection with these parts.
  public init(orderId: Identifier, cartId: Identifier, reason: String) {
    self.orderId = orderId
    self.cartId = cartId
    self.reason = reason
  }

  /// The order.
  public var subject: String { orderId.description }
}
