public import Events
public import Runtime

/// A customer has ordered.
///
/// It comes from Beta. Its least reader is 2: a reader that does not know of promises would price
/// the order from the settings, and break the promise.
public struct OrderCaptured: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("order.captured", version: 2, leastReader: 2)
  /// Version 1 is still read.
  public static let past: [any Superseded.Type] = [V1.self]
  /// The first version that carries a promise: while an older one is pinned, orders carry no
  /// promise.
  public static let promisingVersion: UInt16 = 2
  /// The largest number of bytes of a product's name, in UTF-8.
  ///
  /// It keeps every event about the order far below the limit of the wire.
  public static let maxProductBytes = 800

  /// The order.
  public let orderId: Identifier
  /// The cart that it was ordered from.
  public let cartId: Identifier
  /// The product's name, as the customer ordered it.
  public let product: String
  /// The product's price, in minor units, before fee and discount.
  public let price: Money
  /// The promise of the quote; absent in an order from before promises.
  public let promise: Promise?

  /// A captured order with these parts.
  public init(
    orderId: Identifier, cartId: Identifier, product: String, price: Money, promise: Promise?
  ) {
    self.orderId = orderId
    self.cartId = cartId
    self.product = product
    self.price = price
    self.promise = promise
  }

  /// The order.
  public var subject: String { orderId.description }
}

extension OrderCaptured {
  /// Version 1, from before promises.
  public struct V1: Downcastable {
    /// The name, the number and the least reader.
    public static let schema = PayloadSchema("order.captured", version: 1, leastReader: 1)

    /// The order.
    public let orderId: Identifier
    /// The cart that it was ordered from.
    public let cartId: Identifier
    /// The product's name, as the customer ordered it.
    public let product: String
    /// The product's price, in minor units, before fee and discount.
    public let price: Money

    /// A captured order with these parts.
    public init(orderId: Identifier, cartId: Identifier, product: String, price: Money) {
      self.orderId = orderId
      self.cartId = cartId
      self.product = product
      self.price = price
    }

    /// The same fact in version 2, with the rest unknown.
    public var upcast: OrderCaptured {
      OrderCaptured(
        orderId: orderId, cartId: cartId, product: product, price: price, promise: nil)
    }

    /// The same order; version 1 cannot express one with a promise.
    public init(downcasting next: OrderCaptured) throws {
      guard next.promise == nil else { throw UnsayableFact(Self.schema, lacks: "a promise") }
      self.init(
        orderId: next.orderId, cartId: next.cartId, product: next.product, price: next.price)
    }
  }
}
