// Beta's pages: a customer's own orders, and the order form with the promise; in small for the
// presenter's screen too. Their forms call the same rules as the API.

import Daemon
import Schema

extension BetaRoom {
  /// The templates of Beta's pages.
  static func look() throws -> PageTemplates {
    try PageTemplates(
      "Beta", navigation: [PageTemplates.Link("Orders", path: "/")],
      templates: [
        "home": PackageResources.home_mustache, "cart": PackageResources.cart_mustache,
        "progress": PackageResources.progress_mustache, "form": PackageResources.form_mustache,
        "start": PackageResources.start_mustache,
      ])
  }

  static func pages(_ look: PageTemplates, cartAge: Duration) -> [Route] {
    shownPages(look) + [
      .form("/carts", body: StartForm.self) { form, request, transaction in
        let cart = try transaction.openCart(keepingOthersFor: cartAge)
        return OwnCarts(request).adding(cart.id, to: .seeOther(form.place.path(of: cart.id)))
      },
      .form("/carts/:id/quote", body: OrderForm.self) { form, request, transaction in
        let cart = try transaction.quoteAgain(for: try request.identifier("id"))
        return .seeOther(form.place.path(of: cart.id) + form.typed)
      },
      .form("/carts/:id/checkout", body: OrderForm.self) { form, request, transaction in
        let cart = try transaction.requireCart(try request.identifier("id"))
        let wanted = try form.wanted(from: cart, in: transaction)
        // A form that was sent twice, by a double click, is one order: the cart shows it.
        if try !cart.isInFlight(byQuote: wanted.quoteId, in: transaction) {
          _ = try transaction.checkout(cart.id, wanted: wanted)
        }
        return .seeOther(form.place.path(of: cart.id))
      }.showingRefusals { problem, request, snapshot in
        let fields = try request.form()
        guard let cart = try snapshot.cart(try request.identifier("id")) else { throw problem }
        let page = CartPage(
          cart: cart, draft: Draft(fields, refusedFor: problem), place: Place(fields["from"]))
        return try look.html(try page.page(in: snapshot))
      },
    ]
  }

  private static func shownPages(_ look: PageTemplates) -> [Route] {
    [
      .query("/") { request, snapshot in
        try look.html(try homePage(of: OwnCarts(request), in: snapshot))
      },
      .query("/carts/:id", takes: Draft.parameters) { request, snapshot in
        let page = CartPage(
          cart: try snapshot.requireCart(try request.identifier("id")),
          draft: Draft(request.query), place: .page)
        return try look.html(try page.page(in: snapshot))
      },
      .query("/pane", takes: Draft.parameters) { request, snapshot in
        guard let cart = try OwnCarts(request).newest(in: snapshot) else {
          return try look.html(try startPane(in: snapshot))
        }
        let page = CartPage(cart: cart, draft: Draft(request.query), place: .pane)
        return try look.html(try page.page(in: snapshot))
      },
    ]
  }
}

/// The page that a form is on, and that its answer goes back to.
enum Place {
  /// The cart's own page.
  case page
  /// The pane of the presenter's screen, which shows the newest cart.
  case pane

  /// - Parameter from: the form's field `from`.
  init(_ from: String?) {
    self = from == "pane" ? .pane : .page
  }

  func path(of cart: Identifier) -> String {
    self == .pane ? "/pane" : "/carts/\(cart)"
  }
}

// MARK: A customer's own orders

private func homePage(of own: OwnCarts, in snapshot: Snapshot) throws -> WebPage {
  let limit = 20
  let carts = try own.carts(in: snapshot)
  var orders: [PlacedOrder] = []
  for cart in carts { orders += try snapshot.placedOrders(of: cart.id, limit: limit) }
  // An id begins with its time.
  orders.sort { $0.order.id.description > $1.order.id.description }
  var values: [String: Any] = [
    "limit": limit, "carts": carts.map(CartRow.init), "hasCarts": !carts.isEmpty,
    "orders": orders.prefix(limit).map(OrderRow.init), "hasOrders": !orders.isEmpty,
  ]
  values["settings"] = try snapshot.currentSettings()
  var page = try WebPage("home", title: "Your orders", values: values, in: snapshot)
  page.path = "/"
  page.news = orders.first?.news ?? ""
  return page
}

private func startPane(in snapshot: Snapshot) throws -> WebPage {
  let settings = try snapshot.currentSettings()
  var values: [String: Any] = ["isPane": true]
  values["settings"] = settings
  var page = try WebPage("start", title: "Start an order", values: values, in: snapshot)
  page.news = settings == nil ? "Beta waits for Alpha's settings." : "An order can be started."
  page.isPane = true
  page.isAnnouncedAround = true
  return page
}

private struct CartRow {
  let id: Identifier
  let shown: ShownIdentifier
  let form: String
  let tone: String
  let lastOrder: String
  let quotedAt: Timestamp

  init(_ cart: Cart) {
    id = cart.id
    shown = ShownIdentifier(cart.id)
    form = cart.state == .open ? "open" : "closed, an order is in flight"
    tone = cart.state == .open ? "" : "wait"
    lastOrder = cart.lastOrder?.outcome.rawValue ?? (cart.orderId == nil ? "none" : "in flight")
    quotedAt = cart.quote.quotedAt
  }
}

private struct OrderRow {
  let id: Identifier
  let shown: ShownIdentifier
  let product: String
  let total: String
  let state: String
  let tone: String
  /// Why it was rejected; nil where it was not.
  let reason: String?
  let cartId: Identifier
  let capturedAt: Timestamp

  init(_ placed: PlacedOrder) {
    let order = placed.order
    id = order.id
    shown = ShownIdentifier(order.id)
    product = order.product
    total = placed.total?.shown ?? "unknown"
    state = placed.state
    tone = placed.tone
    reason = order.rejection
    cartId = order.cartId
    capturedAt = order.capturedAt
  }
}

// MARK: The fields of the forms

private struct StartForm: Decodable {
  let from: String?

  var place: Place { Place(from) }
}

/// The fields of the order form, as they are sent.
struct OrderForm: Decodable {
  let quoteId: String?
  let product: String?
  let price: String?
  let from: String?

  var place: Place { Place(from) }

  /// What was typed, as the query of the page that shows it again.
  var typed: String {
    let fields = ["product": product ?? "", "price": price ?? ""].filter { !$0.value.isEmpty }
    let pairs = fields.sorted { $0.key > $1.key }.map { "\($0.key)=\($0.value.percentEncoded)" }
    return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
  }

  /// The order, its price in the currency of the quote that the customer was shown.
  func wanted(from cart: Cart, in reader: some Reader) throws -> WantedOrder {
    guard let quoteId = Identifier(quoteId ?? "") else {
      throw Problem.invalid(
        "quoteId", detail: "The form does not name the quote that it showed.",
        remedy: "Open the cart's page again, and order there.")
    }
    let shown = try reader.quote(quoteId)?.quote ?? cart.quote
    do {
      let price = try Money(entered: price ?? "", currency: shown.fee.currency)
      return WantedOrder(quoteId: quoteId, product: product ?? "", price: price)
    } catch {
      throw Problem.invalid(
        "price", detail: "The price cannot be read: \(error).", remedy: "Correct the price.")
    }
  }
}

extension Cart {
  fileprivate func isInFlight(byQuote quote: Identifier, in reader: some Reader) throws -> Bool {
    guard let orderId else { return false }
    return try reader.quote(quote)?.orderId == orderId
  }
}
