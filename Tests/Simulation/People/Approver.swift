import Events
import HTTPTypes
import Runtime

/// The person at Alpha: looks at captured orders and decides about them.
final class Approver {
  private unowned let world: World
  private let plans: [Int: CustomerPlan]
  /// The time at which an order that is still captured is looked at again: a restore may have
  /// undone a decision.
  private var looksAgain: [Identifier: Moment] = [:]
  private var requests = 0

  init(_ world: World) {
    self.world = world
    plans = Dictionary(
      uniqueKeysWithValues: world.plan.acts.compactMap { act in
        if case .order(let plan) = act.deed { (plan.number, plan) } else { nil }
      })
  }

  func begin() {
    look()
  }

  private func look() {
    world.plan(after: .seconds(1)) { [self] in look() }
    let ask = Ask(target: "/api/orders?state=captured&limit=500", request: id())
    world.ask(.alpha, ask) { [self] reaction in
      guard let reaction, reaction.status == 200 else { return }
      for order in reaction.body["orders"]?.array ?? [] { consider(order) }
    }
  }

  private func consider(_ order: JSONValue) {
    guard let id = order["id"]?.identifier, looksAgain[id] ?? 0 <= world.clock.now,
      let customer = world.checker.facts.orders[id]?.customer, let plan = plans[customer]
    else { return }
    let isFirst = looksAgain[id] == nil
    looksAgain[id] = world.clock.now + plan.decidesAfter + .seconds(15)
    world.plan(after: plan.decidesAfter) { [self] in decide(id, plan.approves) }
    if isFirst, let second = plan.secondThoughts {
      world.plan(after: plan.decidesAfter + second.after) { [self] in decide(id, second.approves) }
    }
  }

  private func decide(_ order: Identifier, _ approves: Bool) {
    let ask = Ask(
      method: .post, target: "/api/orders/\(order)/\(approves ? "approve" : "reject")",
      json: approves ? "{}" : #"{"reason":"no"}"#, request: id())
    world.ask(.alpha, ask) { [self] reaction in
      guard let reaction, !reaction.isUnavailable else {
        looksAgain[order] = world.clock.now
        return
      }
      world.coverage.hit("people: decided, \(reaction.status)")
    }
  }

  private func id() -> String {
    requests += 1
    return "approver-\(requests)"
  }
}

/// The owner of the settings.
final class SettingsOwner {
  private unowned let world: World
  private let plan: SettingsPlan
  private let number: Int

  init(_ plan: SettingsPlan, _ number: Int, in world: World) {
    self.plan = plan
    self.number = number
    self.world = world
  }

  func change() {
    world.ask(.alpha, Ask(target: "/api/settings", request: "owner-\(number)-look")) {
      [self] reaction in
      guard let reaction, let version = reaction.body["version"]?.int else { return }
      put(over: plan.isStale ? version - 1 : version)
    }
  }

  private func put(over version: Int64) {
    let json = """
      {"currency":"USD","fee":{"enabled":\(plan.feeEnabled),"amount":\(plan.fee)},\
      "discount":{"enabled":\(plan.discountEnabled),"amount":\(plan.discount)}}
      """
    let ask = Ask(
      method: .put, target: "/api/settings", json: json, ifMatch: version,
      request: "owner-\(number)-change")
    world.ask(.alpha, ask) { [self] reaction in
      world.coverage.hit("people: changed the settings, \(reaction?.status ?? 0)")
      guard plan.isStale, let status = reaction?.status else { return }
      try require(
        status == 412 || status >= 500, .answers, "a stale change of the settings is taken")
    }
  }
}
