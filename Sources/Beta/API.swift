// Beta's JSON API: the settings as Beta knows them, and carts; and the problem that each refusal is.

import Daemon
import Schema

extension BetaRoom {
  static func api(cartAge: Duration) -> [Route] {
    [
      .query("/api/settings") { _, snapshot in
        let settings = try snapshot.settingsInForce()
        return try .json(
          SettingsDocument(settings), headers: [.eTag: "\"\(settings.version)\""])
      },
      .command(.post, "/api/carts") { _, transaction in
        let cart = try transaction.openCart(keepingOthersFor: cartAge)
        return try .json(
          CartDocument(cart), status: .created, headers: [.location: "/api/carts/\(cart.id)"])
      },
      .query("/api/carts/:id") { request, snapshot in
        try .json(CartDocument(try snapshot.requireCart(try request.identifier("id"))))
      },
      .command(.post, "/api/carts/:id/quote") { request, transaction in
        try .json(CartDocument(try transaction.quoteAgain(for: try request.identifier("id"))))
      },
      .command(
        .post, "/api/carts/:id/checkout", body: WantedOrder.self
      ) { wanted, request, transaction in
        let order = try transaction.checkout(try request.identifier("id"), wanted: wanted)
        return try .json(CheckoutDocument(orderId: order.id), status: .accepted)
      },
    ]
  }
}

extension Refusal: ProblemRepresentable {
  var problem: Problem {
    let detail = description.asSentence
    switch self {
    case .noSettings:
      return .unavailable(
        "no-settings", detail: detail, remedy: "Start Alpha, or wait for it; then try again.")
    case .unknownCart:
      return .notFound(
        "no-such-cart", detail: detail,
        remedy: "Open one, POST /api/carts; one without an order is kept for a time only.")
    case .inFlight(let order):
      return .conflict(
        "order-in-flight", detail: detail,
        remedy: "Wait until it is finalized; then the cart is open again.",
        members: ["orderId": .string(order.description)])
    case .unusableQuote(_, _, let cart):
      return .invalid(
        "quoteId", detail: detail, remedy: "Take a new quote: POST /api/carts/\(cart)/quote.")
    case .invalidProduct:
      return .invalid(
        "product", detail: detail, remedy: "Write the product's name in 1 to 200 characters.")
    case .invalidPrice(_, let currency):
      return .invalid(
        "price", detail: detail,
        remedy: "Send a price in \(currency.code), from 0 to \(Money.limit).")
    }
  }
}
