import Events
import RoomTesting
import Schema
import Testing

@testable import Charlie

@Suite(.timeLimit(.minutes(1))) struct `Charlie's rules` {
  private let clock = TestClock()

  private func intend(_ data: OrderApproved) throws -> Charge {
    let approved = try OrderApproved.read(
      SyntheticLog("alpha", clock: clock).next(data, request: "work-1"))
    return try Charge.intend(approved, id: clock.identifier(), at: clock.now)
  }

  private func approved(
    total: Money, price: Money? = nil, fee: Money? = nil
  ) -> OrderApproved {
    OrderApproved(
      orderId: clock.identifier(), cartId: nil, product: "widget", price: price, fee: fee,
      discount: nil, total: total, settingsVersion: nil)
  }

  @Test func `an approved order is intended, and there is no outcome yet`() throws {
    let charge = try intend(clock.approved())
    #expect(charge.state == .intended)
    #expect(charge.work.id == "work-1")
    #expect(charge.outcome == nil)
  }

  @Test func `a total of zero is charged without the gateway`() throws {
    let charge = try intend(clock.approved(discount: 3500))
    #expect(charge.state == .charged)
    #expect(charge.outcome is OrderCharged)
  }

  @Test func `an order that can never be charged is refused`() {
    let eur = Money(amount: 3, currency: .eur)
    #expect(throws: Objection.impossibleTotal(usd(-1))) { try intend(approved(total: usd(-1))) }
    #expect(throws: Objection.impossiblePart) {
      try intend(approved(total: usd(3), fee: usd(-2)))
    }
    #expect(throws: Objection.foreignParts(.usd)) {
      try intend(approved(total: usd(3), price: eur))
    }
  }

  @Test func `the first answer of the gateway stays`() throws {
    let charge = try intend(clock.approved())
    clock.advance(microseconds: 5)
    let declined = charge.settled(
      with: .declined(code: "no-funds", reason: "There is no money."), at: clock.now)
    #expect(declined.state == .declined)
    #expect(declined.code == "no-funds")
    #expect(declined.at == clock.now)
    #expect(declined.settled(with: .charged, at: clock.now) == declined)
    #expect(
      declined.outcome as? OrderDeclined
        == OrderDeclined(
          orderId: charge.orderId, chargeId: charge.id, code: "no-funds",
          reason: "There is no money."))
  }

  @Test func `a charge is published with its total and its fee`() throws {
    let charge = try intend(clock.approved()).settled(with: .charged, at: clock.now)
    #expect(
      charge.outcome as? OrderCharged
        == OrderCharged(
          orderId: charge.orderId, chargeId: charge.id, total: usd(3500), fee: usd(2500)))
  }
}
