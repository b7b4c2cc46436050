import Events
import FoundationEssentials
import Schema

/// Places one order over HTTP, and reports each step.
struct OrderWork: Sendable {
  let wish: OrderWish
  let alpha: ServiceClient
  let beta: ServiceClient
  let patience: Patience
  let report: @Sendable (OrderStep) -> Void

  /// The time to wait for an automatic approval of an order that this command does not approve.
  private static let glance = Duration.seconds(1)

  /// - Throws: ``Failure``.
  func run() async throws {
    report(.begun(requestID: wish.requestID))
    let cart = try await openCart()
    let order = try await checkOut(cart)
    var seen = try await waitUntilKnown(order)
    if wish.approves {
      seen = try await approve(order)
    } else if seen.state == "captured", let decided = try await glanceAt(order) {
      seen = decided
    }
    guard wish.approves || seen.state != "captured" else { return report(waiting(seen)) }
    let outcome = try await waitUntilFinalized(order, seen: seen)
    try await waitUntilReopened(cart, order: order)
    guard outcome == "charged" else { throw Failure(.refused, "the order was \(outcome)") }
  }

  // MARK: Beta

  private func openCart() async throws -> CartView {
    let waitsFor = "Beta to know the settings"
    let cart: CartView = try await ask(beta, purpose: waitsFor, graceful: false) { beta in
      try await beta.post("/api/carts", headers: headers("cart"))
    }
    let quote = cart.quote
    report(
      .quoted(
        cart: cart.id, fee: quote.fee, discount: quote.discount, promised: quote.promised,
        settings: quote.settingsVersion))
    return cart
  }

  private func checkOut(_ cart: CartView) async throws -> String {
    let price = try wish.money(in: cart.quote.fee.currency)
    let body = try wish.checkout(quote: cart.quote.id, price: price)
    let answer: CheckoutView = try await ask(
      beta, purpose: "Beta to capture the order", isCheckout: true
    ) {
      beta in
      try await beta.post(
        "/api/carts/\(cart.id)/checkout", headers: headers("checkout"), body: body)
    }
    report(.captured(order: answer.orderId, product: wish.product, price: price))
    return answer.orderId
  }

  private func waitUntilReopened(_ cart: CartView, order: String) async throws {
    let _: CartView = try await ask(
      beta, purpose: "the cart to open again", order: order, until: { $0.isOpen(after: order) },
      asking: { try await $0.get("/api/carts/\(cart.id)", headers: requestHeaders) })
    report(.reopened(cart: cart.id))
  }

  // MARK: Alpha

  private func waitUntilKnown(_ order: String) async throws -> OrderView {
    try await ask(alpha, purpose: "Alpha to receive the order", order: order, awaits: [404]) {
      try await look(order, alpha: $0)
    }
  }

  private func approve(_ order: String) async throws -> OrderView {
    try await ask(alpha, purpose: "Alpha to approve the order", order: order) {
      try await $0.post("/api/orders/\(order)/approve", headers: requestHeaders)
    }
  }

  /// - Returns: the order, once it is decided; nil when it is not for a short while.
  private func glanceAt(_ order: String) async throws -> OrderView? {
    let glance = Patience(min(Self.glance, patience.left), patience.clock)
    return try await glance.untilFound(graceful: true) {
      let answer = try await look(order, alpha: alpha.within(glance))
      let order = try? OrderView(json: answer.body)
      guard let order, order.state != "captured" else { return .notYet }
      return .found(order)
    }
  }

  private func waitUntilFinalized(_ order: String, seen: OrderView) async throws -> String {
    var progress = OrderProgress()
    var latest = seen
    while true {
      for step in progress.sees(latest) { report(step) }
      if let outcome = progress.outcome { return outcome }
      let known = latest
      latest = try await ask(
        alpha, purpose: "the order to be finalized", order: order, until: { $0 != known },
        asking: { try await look(order, alpha: $0) })
    }
  }

  private func look(_ order: String, alpha: ServiceClient) async throws -> ServiceAnswer {
    try await alpha.get("/api/orders/\(order)", headers: requestHeaders)
  }

  private func waiting(_ order: OrderView) -> OrderStep {
    .waiting(
      total: order.total, page: "\(alpha.address)/",
      approve: "curl -sS -X POST \(alpha.address)/api/orders/\(order.id)/approve")
  }

  // MARK: Asking

  private var requestHeaders: [String: String] { ["X-Request-ID": wish.requestID] }

  /// A POST that is sent again after a broken connection has its effect once.
  private func headers(_ step: String) -> [String: String] {
    requestHeaders.merging(["Idempotency-Key": "\(wish.requestID)-\(step)"]) { $1 }
  }
}
