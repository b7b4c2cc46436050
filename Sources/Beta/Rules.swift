// Beta's decisions, each in one transaction: it reads the state, lets a pure rule decide, and
// stores and emits the result. Called by the API, the pages and the reactions alike.

import Daemon
import Schema

// MARK: Quotes

extension Reader {
  /// Beta's copy of the settings.
  func settingsInForce() throws -> SettingsChanged {
    guard let settings = try currentSettings() else { throw Refusal.noSettings }
    return settings
  }

  /// A cart that a person named.
  func requireCart(_ id: Identifier) throws -> Cart {
    guard let cart = try cart(id) else { throw Refusal.unknownCart(id) }
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
    try removeCarts(openedBefore: trustedNow - age, limit: 4)
    let id = identifier()
    let quote = try takeQuote(for: id)
    try insertCart(id, quote: quote.id)
    return Cart(id: id, state: .open, quote: quote, orderId: nil, lastOrder: nil)
  }

  /// A new quote for a cart whose form is open.
  func quoteAgain(for id: Identifier) throws -> Cart {
    let cart = try requireCart(id)
    try cart.requireOpen()
    let quote = try takeQuote(for: id)
    try open(id, with: quote.id)
    return Cart(id: id, state: .open, quote: quote, orderId: nil, lastOrder: cart.lastOrder)
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

  /// Whether the event of an order can carry a promise.
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

// MARK: Orders

extension Transaction {
  /// Captures an order by a quote that serves no other, and closes the cart until it is finalized.
  func checkout(_ id: Identifier, wanted: WantedOrder) throws -> CapturedOrder {
    let quote = try requireCart(id).quote(
      for: wanted, known: try quote(wanted.quoteId), carriesPromises: ordersCarryPromises)
    let order = CapturedOrder(
      id: identifier(), cartId: id, product: wanted.product, price: wanted.price, outcome: nil,
      correlationID: work.id, capturedAt: now)
    try insert(order)
    try close(id, for: order, spending: quote.id)
    try emit(order.captured(by: quote))
    return order
  }

  /// Keeps the time at which an order was approved; a repeated approval changes nothing.
  func keepApproval(of id: Identifier, at time: Timestamp) throws -> Outcome {
    guard let order = try order(id) else { return .wait("Beta knows no order \(id)") }
    if order.approvedAt == nil { try approve(id, at: time) }
    return .done
  }

  /// Keeps the reason for which an order was rejected; a repeated rejection changes nothing.
  func keepRejection(of id: Identifier, because reason: String) throws -> Outcome {
    guard let order = try order(id) else { return .wait("Beta knows no order \(id)") }
    if order.rejection == nil { try reject(id, because: reason) }
    return .done
  }

  /// Opens the form again, with a new quote, when its order has come to its end.
  func reopen(_ finalized: OrderFinalized) throws -> Outcome {
    guard let order = try order(finalized.orderId) else {
      return .wait("Beta knows no order \(finalized.orderId)")
    }
    guard order.outcome == nil else { return .done }
    try finalize(order.id, as: finalized.outcome)
    do {
      let cart = try requireCart(order.cartId)
      if cart.orderId == order.id { try open(cart.id, with: try takeQuote(for: cart.id).id) }
      return .done
    } catch let refusal as Refusal {
      return .retry("\(refusal)")
    }
  }
}
