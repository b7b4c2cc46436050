import Events
import HTTPTypes
import Runtime

/// A customer: opens a cart, looks at the quote, orders, and repeats each request without an
/// answer.
final class Customer {
  let plan: CustomerPlan
  private unowned let world: World
  private(set) var cart: Identifier?
  private(set) var order: Identifier?
  /// Whether the customer has what was wanted, or was refused it for good.
  private(set) var isDone = false
  private var quote: Identifier?
  /// The orders by the keys of their commands.
  private var orders: [String: Identifier] = [:]
  private var attempts = 0
  private var hasLostAnswer = false

  init(_ plan: CustomerPlan, in world: World) {
    self.plan = plan
    self.world = world
  }

  private var name: String { "customer-\(plan.number)" }

  func begin() {
    ask(.init(method: .post, target: "/api/carts", json: "{}", key: "\(name)-cart", request: id()))
    { [self] reaction in
      guard let reaction, reaction.status == 201 else { return tryAgain { self.begin() } }
      cart = reaction.body["id"]?.identifier
      see(reaction)
      world.plan(after: plan.thinks) { [self] in plan.quotesAgain ? quoteAgain() : checkOut() }
    }
  }

  private func quoteAgain() {
    guard let cart else { return }
    ask(
      .init(method: .post, target: "/api/carts/\(cart)/quote", json: "{}", request: id())
    ) { [self] reaction in
      guard let reaction, !reaction.isUnavailable else { return tryAgain { self.quoteAgain() } }
      guard reaction.status == 200 else { return try refused(reaction) }
      see(reaction)
      checkOut()
    }
  }

  /// The key of the command for the order that is wanted now.
  private var key: String { "\(name)-checkout-\(orders.count + (isDone ? 0 : 1))" }

  private func checkOut() {
    guard let cart, let quote else { return }
    if plan.mistakes.contains(.foreignQuote) { checkOutByForeignQuote(cart) }
    let request = id()
    let key = key
    world.checker.facts.asked[request] = Facts.Asked(
      customer: plan.number, quote: quote, product: plan.product, price: plan.price)
    let body = """
      {"quoteId":"\(quote)","product":"\(plan.product)",\
      "price":{"amount":\(plan.price),"currency":"USD"}}
      """
    let loses = plan.losesAnswer && !hasLostAnswer
    hasLostAnswer = hasLostAnswer || loses
    ask(
      .init(
        method: .post, target: "/api/carts/\(cart)/checkout", json: body, key: key,
        request: request, isLost: loses)
    ) { [self] reaction in
      guard let reaction, !reaction.isUnavailable else { return tryAgain { self.checkOut() } }
      guard reaction.status == 202 else { return try refused(reaction) }
      try accepted(reaction, key)
    }
  }

  private func accepted(_ reaction: Reaction, _ key: String) throws {
    let named = reaction.body["orderId"]?.identifier
    let known = orders[key]
    world.coverage.hit(known == nil ? "people: ordered" : "people: ordered again by the same key")
    try require(
      known == nil || known == named || world.node(.beta).hasOtherHistory, .answers,
      "\(name)'s command was answered with two orders", [known?.description ?? ""])
    orders[key] = named
    order = named
    isDone = true
    if known == nil, plan.mistakes.contains(.sameKey) { sendOther(under: key) }
    attempts += 1
    if attempts <= plan.repeats {
      world.plan(after: 700_000) { [self] in checkOut() }
    } else if orders.count < plan.orders {
      world.plan(after: .seconds(2)) { [self] in wantMore() }
    }
  }

  /// Orders again once the cart is open.
  private func wantMore() {
    guard let cart, isDone, !world.isCalm else { return }
    ask(.init(target: "/api/carts/\(cart)", request: id())) { [self] reaction in
      guard isDone, !world.isCalm else { return }
      guard let reaction, reaction.body["state"]?.string == "open",
        reaction.body["lastOrder"]?["orderId"]?.identifier == order
      else { return world.plan(after: .seconds(2)) { [self] in wantMore() } }
      world.coverage.hit("people: wanted another order")
      isDone = false
      see(reaction)
      checkOut()
    }
  }

  // MARK: Mistakes

  private func sendOther(under key: String) {
    guard let cart, let quote else { return }
    let body = """
      {"quoteId":"\(quote)","product":"\(plan.product)",\
      "price":{"amount":\(plan.price + 1),"currency":"USD"}}
      """
    refuses("another command by the same key", cart, body, key: key)
  }

  private func checkOutByForeignQuote(_ cart: Identifier) {
    let others = world.customers.filter { $0 !== self }.compactMap(\.quote)
    guard let foreign = others.first else { return }
    let body = """
      {"quoteId":"\(foreign)","product":"\(plan.product)",\
      "price":{"amount":\(plan.price),"currency":"USD"}}
      """
    refuses("a foreign quote", cart, body, key: nil)
  }

  private func refuses(_ mistake: String, _ cart: Identifier, _ body: String, key: String?) {
    let command = Ask(
      method: .post, target: "/api/carts/\(cart)/checkout", json: body, key: key, request: id())
    ask(command) { [self] reaction in
      guard let reaction, !reaction.isUnavailable else { return }
      world.coverage.hit("people: \(mistake), \(reaction.status)")
      try require(
        [404, 409, 422].contains(reaction.status), .answers, "\(mistake) is taken: \(reaction)",
        [name])
    }
  }

  private func refused(_ reaction: Reaction) throws {
    if reaction.status == 422, let quote, world.checker.facts.quotes[quote]?.isPromised == true,
      world.node(.beta).wasEverPinned
    {
      world.coverage.hit("people: took a new quote, since a promise cannot be kept any more")
      return quoteAgain()
    }
    try require(
      world.node(.beta).hasOtherHistory, .answers, "\(name) is refused: \(reaction)", [name])
    isDone = true
    world.coverage.hit("people: a customer found that Beta had forgotten")
  }

  private func see(_ reaction: Reaction) {
    quote = reaction.body["quote"]?["id"]?.identifier
  }

  private func tryAgain(_ work: @escaping () -> Void) {
    world.plan(after: 500_000) { work() }
  }

  private func ask(_ ask: Ask, then: @escaping (Reaction?) throws -> Void) {
    world.ask(.beta, ask, then: then)
  }

  private var requests = 0

  private func id() -> String {
    requests += 1
    return "\(name)-\(requests)"
  }
}
