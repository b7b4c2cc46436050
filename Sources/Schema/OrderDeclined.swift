public import Events
public import Runtime

/// The payment gateway has declined an order's charge, for good.
///
/// It comes from Charlie.
public struct OrderDeclined: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("order.declined", version: 1, leastReader: 1)

  /// The order.
  public let orderId: Identifier
  /// The charge that was declined, one for each order.
  public let chargeId: Identifier
  /// The gateway's code, for programs, for example `insufficient-funds`.
  public let code: String
  /// The gateway's reason, for people.
  public let reason: String

  /// A declined charge with these parts.
  public init(orderId: Identifier, chargeId: Identifier, code: String, reason: String) {
    self.orderId = orderId
    self.chargeId = chargeId
    self.code = code
    self.reason = reason
  }

  /// The order.
  public var subject: String { orderId.description }
}
