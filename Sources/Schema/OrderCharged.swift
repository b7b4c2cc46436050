public import Events
public import Runtime

/// An order's total has been charged.
///
/// It comes from Charlie.
public struct OrderCharged: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("order.charged", version: 1, leastReader: 1)

  /// The order.
  public let orderId: Identifier
  /// The charge, one for each order.
  public let chargeId: Identifier
  /// The charged amount, in minor units; zero is charged without the payment gateway.
  public let total: Money
  /// The part of the total that is the fee, in minor units; absent where the approval did not have
  /// it.
  public let fee: Money?

  /// A charge with these parts.
  public init(orderId: Identifier, chargeId: Identifier, total: Money, fee: Money?) {
    self.orderId = orderId
    self.chargeId = chargeId
    self.total = total
    self.fee = fee
  }

  /// The order.
  public var subject: String { orderId.description }
}
