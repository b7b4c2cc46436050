// The JSON of Beta's API: what clients rely on, apart from what Beta decides with.

import Daemon
import Schema

/// A cart as the API shows it.
struct CartDocument: Encodable {
  let id: Identifier
  let state: String
  let quote: QuoteDocument
  let orderId: Identifier?
  let lastOrder: FinishedDocument?

  init(_ cart: Cart) {
    id = cart.id
    state = cart.state.rawValue
    quote = QuoteDocument(cart.quote)
    orderId = cart.orderId
    lastOrder = cart.lastOrder.map(FinishedDocument.init)
  }
}

/// A quote as the API shows it.
struct QuoteDocument: Encodable {
  let id: Identifier
  let settingsVersion: Int64
  let fee: Money
  let discount: Money
  let promised: Bool
  let quotedAt: Timestamp

  init(_ quote: Quote) {
    id = quote.id
    settingsVersion = quote.settingsVersion
    fee = quote.fee
    discount = quote.discount
    promised = quote.promised
    quotedAt = quote.quotedAt
  }
}

/// The last order of a cart, with its outcome.
struct FinishedDocument: Encodable {
  let orderId: Identifier
  let outcome: String

  init(_ order: Cart.Finished) {
    orderId = order.orderId
    outcome = order.outcome.rawValue
  }
}

/// The answer to a checkout.
struct CheckoutDocument: Encodable {
  let orderId: Identifier
}
