// Beta's pages: the start of an order, and the order form with the promise. Their forms call the
// same rules as the API.

import Daemon
import Schema

extension BetaRoom {
  /// The templates of Beta's pages.
  static func look() throws -> PageTemplates {
    try PageTemplates(
      "Beta", navigation: [PageTemplates.Link("Orders", path: "/")],
      templates: [
        "home": PackageResources.home_mustache, "cart": PackageResources.cart_mustache,
      ])
  }

  static func pages(_ look: PageTemplates, cartAge: Duration) -> [Route] {
    [
      .query("/") { _, snapshot in
        var page = try WebPage(
          "home", title: "Orders", values: try homePage(snapshot), in: snapshot)
        page.path = "/"
        return try look.html(page)
      },
      .form("/carts") { _, transaction in
        let cart = try transaction.openCart(keepingOthersFor: cartAge)
        return .seeOther("/carts/\(cart.id)")
      },
      .query("/carts/:id") { request, snapshot in
        let cart = try snapshot.requireCart(try request.identifier("id"))
        var page = try WebPage(
          "cart", title: "Your order", values: try cartPage(cart, in: snapshot), in: snapshot)
        page.reloads = cart.state == .inFlight
        return try look.html(page)
      },
      .form("/carts/:id/quote") { request, transaction in
        .seeOther("/carts/\(try transaction.quoteAgain(for: try request.identifier("id")).id)")
      },
      .form("/carts/:id/checkout", body: OrderForm.self) { form, request, transaction in
        let cart = try transaction.requireCart(try request.identifier("id"))
        let wanted = try form.wanted(from: cart, in: transaction)
        // A form that was sent twice, by a double click, is one order: the cart shows it.
        if try !cart.isInFlight(byQuote: wanted.quoteId, in: transaction) {
          _ = try transaction.checkout(cart.id, wanted: wanted)
        }
        return .seeOther("/carts/\(cart.id)")
      },
    ]
  }
}

// MARK: The content of the pages

private let limit = 20

private func homePage(_ snapshot: Snapshot) throws -> [String: Any] {
  let carts = try snapshot.carts(PageRequest(limit: limit)).items
  let orders = try snapshot.orders(PageRequest(limit: limit)).items
  var page: [String: Any] = [
    "limit": limit, "carts": carts.map(CartRow.init), "hasCarts": !carts.isEmpty,
    "orders": orders.map(OrderRow.init), "hasOrders": !orders.isEmpty,
  ]
  page["settings"] = try snapshot.currentSettings()
  return page
}

private func cartPage(_ cart: Cart, in snapshot: Snapshot) throws -> [String: Any] {
  var page: [String: Any] = [
    "cart": CartDocument(cart), "currency": cart.quote.fee.currency, "fee": cart.quote.feeNotice,
    "discount": cart.quote.discountNotice, "promise": cart.quote.promiseNotice,
  ]
  page["inFlight"] = try cart.orderId.flatMap { try snapshot.order($0) }.map(OrderRow.init)
  if let last = cart.lastOrder, let order = try snapshot.order(last.orderId) {
    page["lastOrder"] = LastOrder(outcome: last.outcome.sentence, order: OrderRow(order))
  }
  return page
}

private struct CartRow {
  let id: Identifier
  let form: String
  let lastOrder: String

  init(_ cart: Cart) {
    id = cart.id
    form = cart.state == .open ? "open" : "closed, an order is in flight"
    lastOrder = cart.lastOrder?.outcome.rawValue ?? (cart.orderId == nil ? "none" : "in flight")
  }
}

private struct LastOrder {
  let outcome: String
  let order: OrderRow
}

private struct OrderRow {
  let id: Identifier
  let product: String
  let price: Money
  let state: String
  let cartId: Identifier
  let requestId: String
  let capturedAt: Timestamp

  init(_ order: CapturedOrder) {
    id = order.id
    product = order.product
    price = order.price
    state = order.outcome?.rawValue ?? "in flight"
    cartId = order.cartId
    requestId = order.correlationID
    capturedAt = order.capturedAt
  }
}

extension Quote {
  fileprivate var feeNotice: String {
    fee.amount == 0 ? "No fee is added." : "A fee of \(fee.formatted) is added."
  }

  fileprivate var discountNotice: String {
    discount.amount == 0
      ? "No discount is given."
      : "A discount of \(discount.formatted) is given, up to the price and the fee together."
  }

  fileprivate var promiseNotice: String {
    promised
      ? "These are promised to you, for any change of the settings until your order is decided."
      : "Fee and discount may change until your order is decided."
  }
}

extension OrderFinalized.Outcome {
  /// The outcome of an order, after “Your last order”.
  fileprivate var sentence: String {
    switch self {
    case .charged: "was charged"
    case .declined: "was not charged: the payment was declined"
    case .rejected: "was rejected, and is not charged"
    }
  }
}

// MARK: The fields of the order form

private struct OrderForm: Decodable {
  let quoteId: String?
  let product: String?
  let price: String?

  /// The order, its price in the currency of the quote that the customer was shown.
  func wanted(from cart: Cart, in reader: some Reader) throws -> WantedOrder {
    guard let quoteId = Identifier(quoteId ?? "") else {
      throw Problem.invalid(
        "quoteId", detail: "The form does not name the quote that it showed.",
        remedy: "Open the cart's page again, and order there.")
    }
    let shown = try reader.quote(quoteId)?.quote ?? cart.quote
    do {
      let price = try Money(decimal: price ?? "", currency: shown.fee.currency)
      return WantedOrder(quoteId: quoteId, product: product ?? "", price: price)
    } catch {
      throw Problem.invalid(
        "price", detail: "The price cannot be read: \(error).",
        remedy: "Go back, and correct the price.")
    }
  }
}

extension Cart {
  fileprivate func isInFlight(byQuote quote: Identifier, in reader: some Reader) throws -> Bool {
    guard let orderId else { return false }
    return try reader.quote(quote)?.orderId == orderId
  }
}
