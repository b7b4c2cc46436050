public import Events
public import Runtime

/// An order has been approved, and its total is to be charged.
///
/// It comes from Alpha. Its least reader is 1, because the parts that version 2 added explain the
/// total and do not change it. A reader of version 1 charges `total`, which is right. Its ledger
/// credits the charge to `unallocated`, as it does for every total without parts.
public struct OrderApproved: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("order.approved", version: 2, leastReader: 1)
  /// Version 1 is still read.
  public static let past: [any Superseded.Type] = [V1.self]

  /// The order.
  public let orderId: Identifier
  /// The cart that it was ordered from.
  public let cartId: Identifier?
  /// The product's name, as the customer ordered it.
  public let product: String
  /// The product's price, in minor units, before fee and discount.
  public let price: Money?
  /// The fee that was added, in minor units.
  public let fee: Money?
  /// The discount that was given, in minor units, never more than price and fee together.
  public let discount: Money?
  /// The amount to charge, in minor units.
  public let total: Money
  /// The version of the settings that fee and discount are from.
  public let settingsVersion: Int64?

  /// An approval with these parts; those that are absent are unknown.
  public init(
    orderId: Identifier, cartId: Identifier?, product: String, price: Money?, fee: Money?,
    discount: Money?, total: Money, settingsVersion: Int64?
  ) {
    self.orderId = orderId
    self.cartId = cartId
    self.product = product
    self.price = price
    self.fee = fee
    self.discount = discount
    self.total = total
    self.settingsVersion = settingsVersion
  }

  /// The order.
  public var subject: String { orderId.description }
}

extension OrderApproved {
  /// Version 1, with the total without its parts.
  public struct V1: Downcastable {
    /// The name, the number and the least reader.
    public static let schema = PayloadSchema("order.approved", version: 1, leastReader: 1)

    /// The order.
    public let orderId: Identifier
    /// The product's name, as the customer ordered it.
    public let product: String
    /// The amount to charge, in minor units.
    public let total: Money

    /// An approval with these parts.
    public init(orderId: Identifier, product: String, total: Money) {
      self.orderId = orderId
      self.product = product
      self.total = total
    }

    /// The same fact in version 2, with the rest unknown.
    public var upcast: OrderApproved {
      OrderApproved(
        orderId: orderId, cartId: nil, product: product, price: nil, fee: nil, discount: nil,
        total: total, settingsVersion: nil)
    }

    /// The same total, without what explains it.
    public init(downcasting next: OrderApproved) {
      self.init(orderId: next.orderId, product: next.product, total: next.total)
    }
  }
}
