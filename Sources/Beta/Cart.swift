// A customer's view at Beta: a cart and the quote that its order form shows, and the capture of an
// order from them. Pure: no table, no clock.

import Daemon
import Schema

/// A fee and a discount that were shown to a customer, and are promised to them.
///
/// One quote serves one order.
struct Quote: Equatable {
  let id: Identifier
  let settingsVersion: Int64
  /// Zero where the fee is off.
  let fee: Money
  /// Zero where the discount is off.
  let discount: Money
  /// Whether an order can carry the promise.
  let promised: Bool
  let quotedAt: Timestamp

  var promise: Promise? {
    promised
      ? Promise(quoteId: id, settingsVersion: settingsVersion, fee: fee, discount: discount) : nil
  }
}

/// A quote, with the cart that it was made for and the order that it served.
struct KnownQuote: Equatable {
  let quote: Quote
  let cartId: Identifier
  let orderId: Identifier?
}

struct Cart: Equatable {
  enum State: String {
    case open, inFlight
  }

  let id: Identifier
  let state: State
  let quote: Quote
  /// The order that is in flight.
  let orderId: Identifier?
  /// The outcome of the last order, once the cart is open again.
  let lastOrder: Finished?

  struct Finished: Equatable {
    let orderId: Identifier
    let outcome: OrderFinalized.Outcome
  }
}

/// An order as the customer asks for it.
struct WantedOrder: Decodable {
  let quoteId: Identifier
  let product: String
  let price: Money
}

/// An order that Beta has captured.
struct CapturedOrder: Equatable {
  let id: Identifier
  let cartId: Identifier
  let product: String
  let price: Money
  let outcome: OrderFinalized.Outcome?
  let correlationID: String
  let capturedAt: Timestamp
  /// The time of Alpha's approval; nil before it, and where an earlier version did not keep it.
  var approvedAt: Timestamp?
  /// Alpha's reason for rejecting it; nil where it was not, or an earlier version did not keep it.
  var rejection: String?
}

/// An order of a cart, with the quote that it was placed by.
struct PlacedOrder: Equatable {
  let order: CapturedOrder
  let quote: Quote

  /// The amount that the customer is charged for it; nil where only Alpha knows it: nothing was
  /// promised.
  var total: Money? {
    quote.promise.flatMap { try? Pricing(price: order.price, promise: $0).total }
  }
}

// MARK: Settings that change after a quote

extension Quote {
  /// What the settings in force mean for the customer who has a quote.
  enum Standing {
    /// They are the terms of the quote.
    case current
    /// They differ, and the quote is as good or better: its promise stays.
    case stands
    /// They are better for the customer than what was promised.
    case beaten
    /// They differ, and count: nothing was promised.
    case outdated
  }

  /// How the quote stands under settings, for the price that the customer has typed.
  ///
  /// - Parameters:
  ///   - settings: the settings in force.
  ///   - price: the price; without one, settings are better which are so for every price: the fee
  ///     no higher, the discount no lower.
  func standing(under settings: SettingsChanged, for price: Money?) -> Standing {
    guard settings.feeInForce != fee || settings.discountInForce != discount else {
      return .current
    }
    guard promised else { return .outdated }
    // An error is another currency: no comparison, so the promise stays.
    return (try? isBeaten(by: settings, for: price)) == true ? .beaten : .stands
  }

  private func isBeaten(
    by settings: SettingsChanged, for price: Money?
  ) throws(MoneyError) -> Bool {
    guard let price else {
      let isFeeHigher = try fee.isLess(than: settings.feeInForce)
      let isDiscountLower = try settings.discountInForce.isLess(than: discount)
      return !isFeeHigher && !isDiscountLower
    }
    let promised = try Pricing(price: price, fee: fee, discount: discount)
    return try Pricing(price: price, settings: settings).total.isLess(than: promised.total)
  }
}

// MARK: Checkout

extension Cart {
  /// Refuses while an order of the cart is in flight.
  func requireOpen() throws(Refusal) {
    if let orderId, state == .inFlight { throw .inFlight(order: orderId) }
  }

  /// The quote by which an order of an open cart is captured.
  ///
  /// - Parameters:
  ///   - wanted: the order as the customer asks for it.
  ///   - known: the quote that it names; nil without one.
  ///   - carriesPromises: whether the event of an order can carry a promise.
  func quote(
    for wanted: WantedOrder, known: KnownQuote?, carriesPromises: Bool
  ) throws(Refusal) -> Quote {
    try requireOpen()
    guard let known, known.cartId == id else { throw unusable(wanted, fault: .unknown) }
    guard known.orderId == nil else { throw unusable(wanted, fault: .spent) }
    guard !known.quote.promised || carriesPromises else { throw unusable(wanted, fault: .unkept) }
    try wanted.validate(against: known.quote)
    return known.quote
  }

  private func unusable(_ wanted: WantedOrder, fault: Refusal.QuoteFault) -> Refusal {
    .unusableQuote(wanted.quoteId, fault, cart: id)
  }
}

extension WantedOrder {
  /// Refuses a product or a price that no order can have.
  func validate(against quote: Quote) throws(Refusal) {
    do {
      try product.validateEntered(as: "product's name", upTo: 200)
    } catch {
      throw .invalidProduct(error)
    }
    do {
      _ = try Pricing(price: price, fee: quote.fee, discount: quote.discount)
    } catch {
      throw .invalidPrice(error, quote.fee.currency)
    }
  }
}

extension CapturedOrder {
  /// The event that captures the order, with the promise of the quote.
  func captured(by quote: Quote) -> OrderCaptured {
    OrderCaptured(
      orderId: id, cartId: cartId, product: product, price: price, promise: quote.promise)
  }
}
