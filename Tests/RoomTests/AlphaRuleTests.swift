import Events
import Journal
import RoomTesting
import Runtime
import Schema
import Testing

@testable import Alpha

@Suite(.timeLimit(.minutes(1))) struct `Alpha's rules` {
  private let clock = TestClock()

  private func capture(
    _ data: OrderCaptured? = nil, settings: SettingsChanged? = Settings.first,
    approval: ApprovalMode = .manual
  ) throws -> Order.Step {
    let captured = try OrderCaptured.read(
      SyntheticLog("beta", clock: clock).next(
        data ?? clock.captured(discount: 9000), request: "work-1"))
    return try Order.capture(captured, settings: settings, approval: approval, at: clock.now)
  }

  /// An order in a state, by the steps that lead there.
  private func order(_ state: Order.State) throws -> Order {
    let captured = try capture().order
    let approved = try captured.approved(by: nil, at: clock.now).order
    return switch state {
    case .captured: captured
    case .approved: approved
    case .finalized(.rejected):
      try captured.rejected(because: "sold out", by: nil, at: clock.now).order
    case .finalized(let outcome):
      try approved.settled(as: outcome, because: nil, at: clock.now).order
    }
  }

  @Test func `a captured order waits, its discount no more than its price and fee`() throws {
    let step = try capture()
    #expect(step.order.state == .captured)
    #expect(step.order.decision == nil)
    #expect(step.order.discount == usd(3500))
    #expect(step.order.total == usd(0))
    #expect(step.order.requestId == "work-1")
    #expect(step.events.isEmpty)
  }

  @Test func `a captured order is approved at once where Alpha approves by itself`() throws {
    let step = try capture(approval: .automatic)
    #expect(step.order.state == .approved)
    #expect(step.events.map { AnyHashable($0) } == [approval(of: step.order)])
  }

  @Test func `an order is not captured before there are settings`() throws {
    #expect(throws: Objection.noSettings) { try capture(settings: nil) }
  }

  @Test func `an order whose product or price cannot be is refused`() throws {
    let name = String(repeating: "x", count: OrderCaptured.maxProductBytes + 1)
    #expect(throws: Objection.productTooLong) { try capture(clock.captured(product: name)) }
    let objection = #expect(throws: Objection.self) { try capture(clock.captured(price: -1)) }
    #expect(objection?.outcome == .reject("the price is negative, and must be zero or more"))
  }

  @Test func `a captured order is approved`() throws {
    let order = try order(.captured)
    clock.advance(microseconds: 7)
    let step = try order.approved(by: "request-2", at: clock.now)
    #expect(step.order.state == .approved)
    #expect(step.order.updatedAt == clock.now)
    #expect(step.order.decided == Order.Decided(at: clock.now, requestId: "request-2"))
    #expect(step.order.capturedAt == order.capturedAt)
    #expect(step.events.map { AnyHashable($0) } == [approval(of: order)])
  }

  @Test(arguments: [Order.State.approved, .finalized(.charged), .finalized(.declined)])
  func `an approved order is not approved a second time, and not rejected`(state: Order.State)
    throws
  {
    let order = try order(state)
    let step = try order.approved(by: "request-2", at: clock.now)
    #expect(step.order == order)
    #expect(step.events.isEmpty)
    #expect(throws: Refusal.decided(order.id, .approved, requestId: "work-1")) {
      try order.rejected(because: "late", by: "request-2", at: clock.now)
    }
  }

  @Test func `a rejection also finalizes, and is the cause of that`() throws {
    let order = try order(.captured)
    let step = try order.rejected(because: "sold out", by: "request-2", at: clock.now)
    #expect(step.order.state == .finalized(.rejected))
    #expect(step.order.reason == "sold out")
    #expect(step.order.decided == Order.Decided(at: clock.now, requestId: "request-2"))
    #expect(
      step.events.map { AnyHashable($0) } == [
        OrderRejected(orderId: order.id, cartId: order.cartId, reason: "sold out"),
        OrderFinalized(orderId: order.id, cartId: order.cartId, outcome: .rejected),
      ])
  }

  @Test func `a rejected order keeps its reason, and is not approved`() throws {
    let order = try order(.finalized(.rejected))
    let step = try order.rejected(because: "other", by: "request-2", at: clock.now)
    #expect(step.order.reason == "sold out")
    #expect(step.events.isEmpty)
    #expect(throws: Refusal.decided(order.id, .rejected, requestId: "work-1")) {
      try order.approved(by: "request-2", at: clock.now)
    }
  }

  @Test func `a charge that is ahead of the approval waits`() throws {
    let order = try order(.captured)
    let objection = #expect(throws: Objection.self) {
      try order.settled(as: .charged, because: nil, at: clock.now)
    }
    #expect(objection?.outcome == .wait("order \(order.id) is not approved yet"))
  }

  @Test(arguments: [OrderFinalized.Outcome.charged, .declined])
  func `an approved order ends as its charge did`(outcome: OrderFinalized.Outcome) throws {
    let order = try order(.approved)
    let step = try order.settled(as: outcome, because: "no money", at: clock.now)
    #expect(step.order.state == .finalized(outcome))
    #expect(step.order.reason == "no money")
    let end = OrderFinalized(orderId: order.id, cartId: order.cartId, outcome: outcome)
    #expect(step.events.map { AnyHashable($0) } == [end])
  }

  @Test(arguments: OrderFinalized.Outcome.allCases)
  func `an order that has ended changes no more`(outcome: OrderFinalized.Outcome) throws {
    let order = try order(.finalized(outcome))
    let step = try order.settled(as: .charged, because: "late", at: clock.now)
    #expect(step.order == order)
    #expect(step.events.isEmpty)
  }

  private func approval(of order: Order) -> OrderApproved {
    OrderApproved(
      orderId: order.id, cartId: order.cartId, product: order.product, price: order.price,
      fee: order.fee, discount: order.discount, total: order.total,
      settingsVersion: order.settingsVersion)
  }
}

@Suite(.timeLimit(.minutes(1))) struct `Alpha's rules of the settings` {
  private func wanted(
    _ fee: Int64, currency: Currency = .usd, discount: Int64 = 1000
  ) -> WantedSettings {
    WantedSettings(
      currency: currency, fee: Rule(enabled: true, amount: fee),
      discount: Rule(enabled: false, amount: discount))
  }

  @Test(arguments: [1000, nil])
  func `a change is the next version`(seen: Int64?) throws {
    let changed = try Settings.first.changed(to: wanted(7), seen: seen)
    #expect(changed.version == 1001)
    #expect(changed.fee == Rule(enabled: true, amount: 7))
  }

  @Test func `equal values are no change`() throws {
    #expect(try Settings.first.changed(to: wanted(2500), seen: 1000) == Settings.first)
  }

  @Test func `a change of other settings than those in force is refused`() {
    #expect(throws: Refusal.staleSettings(inForce: 1000)) {
      try Settings.first.changed(to: wanted(7), seen: 999)
    }
  }

  @Test func `a wrong change is refused before a stale one`() {
    #expect(throws: Refusal.otherCurrency(.eur, inForce: .usd)) {
      try Settings.first.changed(to: wanted(7, currency: .eur), seen: 999)
    }
    let refusal = #expect(throws: Refusal.self) {
      try Settings.first.changed(to: wanted(7, discount: -1), seen: 999)
    }
    #expect(refusal?.description == "the discount is negative, and must be zero or more")
  }

  @Test func `after a restore the version is above all that were published`() {
    let now = Timestamp(microseconds: 5_000_000)
    #expect(Settings.first.restored(at: now).version == 5000)
    #expect(Settings.first.restored(at: Timestamp(microseconds: 0)).version == 1001)
  }

  @Test func `without settings an order is tried again, for a reason of the domain`() throws {
    let alpha = try ServiceHarness(AlphaRoom.self)
    try alpha.journal.write { try $0.run("DELETE FROM settings") }
    try alpha.receive(SyntheticLog("beta", clock: alpha.clock).next(alpha.clock.captured()))
    #expect(try alpha.deferred("retrying") == 1)
    let reason = alpha.get("/api/dead-letters?state=all").string("deadLetters.0.reason")
    #expect(reason == "Alpha has no settings yet")
  }
}
