import Events
import HTTPTypes

/// A customer, who opens a cart, looks at the quote, orders, and sends again whatever was not
/// answered.
final class Customer {
  let plan: CustomerPlan
  private unowned let world: World
  private(set) var cart: Identifier?
  private(set) var order: Identifier?
  /// Whether the customer has what was wanted, or was refused it for good.
  private(set) var isDone = false
  private var quote: Identifier?
  private var attempts = 0
  private var hasLostAnswer = false

  init(_ plan: CustomerPlan, in world: World) {
    (self.plan, self.world) = (plan, world)
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

  private func checkOut() {
    guard let cart, let quote else { return }
    let request = id()
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
        method: .post, target: "/api/carts/\(cart)/checkout", json: body, key: "\(name)-checkout",
        request: request, isLost: loses)
    ) { [self] reaction in
      guard let reaction, !reaction.isUnavailable else { return tryAgain { self.checkOut() } }
      guard reaction.status == 202 else { return try refused(reaction) }
      try accepted(reaction)
    }
  }

  private func accepted(_ reaction: Reaction) throws {
    let named = reaction.body["orderId"]?.identifier
    world.coverage.hit(order == nil ? "people: ordered" : "people: ordered again by the same key")
    try require(
      order == nil || order == named || world.node(.beta).hasOtherHistory, .answers,
      "\(name)'s command was answered with two orders", [order?.description ?? ""])
    order = named
    isDone = true
    attempts += 1
    if attempts <= plan.repeats { world.plan(after: 700_000) { [self] in checkOut() } }
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
