// What a customer sees at Beta: a cart, and the quote that its order form shows.

import Events
import Schema

/// A fee and a discount that were shown to a customer, and are promised to them.
///
/// One quote serves one order.
struct Quote: Encodable {
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

/// A cart, as the API shows it.
struct Cart: Encodable {
  enum State: String, Encodable {
    case open, inFlight
  }

  let id: Identifier
  let state: State
  let quote: Quote
  /// The order that is in flight.
  let orderId: Identifier?
  /// What became of the last order, once the cart is open again.
  let lastOrder: Finished?

  struct Finished: Encodable {
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
