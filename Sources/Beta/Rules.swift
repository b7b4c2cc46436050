// What Beta decides: what a customer is promised, and whether an order is captured. Each rule is
// one transaction's work, called by the API, by the pages and by the reactions alike.

import Daemon
import Events
import Journal
import Schema

// MARK: Quotes

extension Reader {
  /// Beta's copy of the settings.
  ///
  /// Before it has one it promises nothing: an unknown fee is not a fee of zero.
  func settingsInForce() throws -> SettingsChanged {
    guard let settings = try currentSettings() else {
      throw Problem.unavailable(
        "no-settings", "Beta has not heard Alpha's settings yet.",
        remedy: "Start Alpha, or wait for it; then try again.")
    }
    return settings
  }

  /// A cart that a person named.
  func requireCart(_ id: Identifier) throws -> Cart {
    guard let cart = try cart(id) else {
      throw Problem.notFound(
        "no-such-cart", "Beta knows no cart \(id).",
        remedy: "Open one, POST /api/carts; one without an order is kept for a time only.")
    }
    return cart
  }
}

extension Transaction {
  /// A new cart, with a first quote.
  ///
  /// Each new cart removes some old carts without an order, so that carts cannot fill the disk.
  ///
  /// - Parameter age: how long a cart stays without an order.
  func openCart(keepingOthersFor age: Duration) throws -> Cart {
    try removeCarts(openedBefore: now - age, limit: 4)
    let id = identifier()
    let quote = try takeQuote(for: id)
    try insertCart(id, quote: quote.id)
    return try requireCart(id)
  }

  /// A new quote for a cart whose form is open.
  func quoteAgain(for id: Identifier) throws -> Cart {
    let cart = try requireCart(id)
    try cart.requireOpen()
    try open(id, with: try takeQuote(for: id).id)
    return try requireCart(id)
  }

  /// Shows a quote that promises nothing in each open cart whose promise cannot be sent: an older
  /// version of the event is pinned now.
  ///
  /// - Parameters:
  ///   - cart: the cart after which to go on; nil from the start.
  ///   - limit: how many carts at most.
  /// - Returns: the last of them; nil when there are no more.
  func withdrawPromises(after cart: Identifier?, limit: Int) throws -> Identifier? {
    let carts = try openCartsWithPromise(after: cart, limit: limit)
    for cart in carts { try open(cart, with: try takeQuote(for: cart).id) }
    return carts.last
  }

  /// Whether the event of an order can say what was promised.
  private var ordersCarryPromises: Bool {
    publishedVersion(of: OrderCaptured.self) >= OrderCaptured.promisingVersion
  }

  private func takeQuote(for cart: Identifier) throws -> Quote {
    let settings = try settingsInForce()
    let quote = Quote(
      id: identifier(), settingsVersion: settings.version, fee: settings.feeInForce,
      discount: settings.discountInForce, promised: ordersCarryPromises, quotedAt: now)
    try insert(quote, for: cart)
    try removeQuotes(of: cart, butNewest: 20)
    return quote
  }
}

extension Cart {
  fileprivate func requireOpen() throws(Problem) {
    guard let orderId, state == .inFlight else { return }
    throw .conflict(
      "order-in-flight", "The cart's order \(orderId) is in flight.",
      remedy: "Wait until it is finalized; then the cart is open again.",
      members: ["orderId": .string(orderId.description)])
  }
}

// MARK: Orders

extension Transaction {
  /// Captures an order by a quote that serves no other, and closes the cart until it is finalized.
  func checkout(_ id: Identifier, _ wanted: WantedOrder, _ correlation: Correlation) throws
    -> CapturedOrder
  {
    let cart = try requireCart(id)
    try cart.requireOpen()
    let quote = try requireUnspent(wanted.quoteId, of: id)
    try wanted.validate(against: quote)
    let order = CapturedOrder(
      id: identifier(), cartId: id, product: wanted.product, price: wanted.price, outcome: nil,
      correlationID: correlation.id, capturedAt: now)
    try insert(order)
    try close(id, for: order, spending: quote.id)
    try emit(
      OrderCaptured(
        orderId: order.id, cartId: id, product: order.product, price: order.price,
        promise: quote.promise), correlation)
    return order
  }

  /// Opens the form again, with a new quote, when its order has come to its end.
  func reopen(_ finalized: OrderFinalized) throws -> Outcome {
    guard let order = try order(finalized.orderId) else {
      return .wait("Beta knows no order \(finalized.orderId)")
    }
    guard order.outcome == nil else { return .done }
    try finalize(order.id, as: finalized.outcome)
    let cart = try requireCart(order.cartId)
    if cart.orderId == order.id { try open(cart.id, with: try takeQuote(for: cart.id).id) }
    return .done
  }

  private func requireUnspent(_ id: Identifier, of cart: Identifier) throws -> Quote {
    let remedy = "Take a new quote: POST /api/carts/\(cart)/quote."
    guard let known = try quote(id), known.cart == cart else {
      throw Problem.invalid("quoteId", "The cart has no quote \(id).", remedy: remedy)
    }
    guard known.order == nil else {
      throw Problem.invalid(
        "quoteId", "The quote \(id) has served another order.", remedy: remedy)
    }
    guard !known.quote.promised || ordersCarryPromises else {
      throw Problem.invalid(
        "quoteId", "What the quote \(id) promised cannot be kept any more.", remedy: remedy)
    }
    return known.quote
  }
}

extension WantedOrder {
  fileprivate func validate(against quote: Quote) throws {
    try product.validateEntered("product", as: "product's name", upTo: 200)
    do {
      _ = try Pricing(price: price, fee: quote.fee, discount: quote.discount)
    } catch {
      throw Problem.invalid(
        "price", "\(error)".asSentence,
        remedy: "Send a price in \(quote.fee.currency.code), from 0 to \(Money.limit).")
    }
  }
}
