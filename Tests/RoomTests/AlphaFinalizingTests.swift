import Alpha
import Events
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `How an order ends at Alpha` {
  private let alpha: ServiceHarness
  private let beta: SyntheticLog
  private let charlie: SyntheticLog
  private let captured: OrderCaptured

  init() throws {
    alpha = try ServiceHarness(AlphaRoom.self)
    beta = SyntheticLog("beta", clock: alpha.clock)
    charlie = SyntheticLog("charlie", clock: alpha.clock)
    captured = alpha.clock.captured()
  }

  private func state(_ path: String = "state") -> String? {
    alpha.get("/api/orders/\(captured.orderId)").string(path)
  }

  private func charged() throws -> Record {
    try charlie.next(
      OrderCharged(
        orderId: captured.orderId, chargeId: alpha.clock.identifier(), total: usd(3500), fee: nil))
  }

  private func declined() throws -> Record {
    try charlie.next(
      OrderDeclined(
        orderId: captured.orderId, chargeId: alpha.clock.identifier(), code: "no-funds",
        reason: "There is no money."))
  }

  private func approve() {
    #expect(alpha.post("/api/orders/\(captured.orderId)/approve").code == 200)
  }

  @Test func `approved by itself, an order names the event that caused it`() throws {
    let automatic = try ServiceHarness(AlphaRoom.self, values: ["approval": "automatic"])
    let record = try beta.next(captured, request: "work-3")
    try automatic.receive(record)
    let approval = try #require(try automatic.published(OrderApproved.self).first)
    #expect(approval.correlation.id == "work-3")
    #expect(approval.correlation.causationID == (try OrderCaptured.read(record).id))
    #expect(approval.correlation.requestID == nil)
    try automatic.receiveAgain(record)
    #expect(try automatic.published() == ["settings.changed v1", "order.approved v2"])
  }

  @Test func `a charged order is finalized, caused by the charge`() throws {
    try alpha.receive(beta.next(captured))
    approve()
    let record = try charged()
    try alpha.receive(record)
    #expect((state(), state("outcome")) == ("finalized", "charged"))
    let said = try #require(try alpha.published(OrderFinalized.self).first)
    #expect((said.data.cartId, said.data.outcome) == (captured.cartId, .charged))
    #expect(said.correlation.causationID == (try OrderCharged.read(record).id))
  }

  @Test func `a declined order is finalized with the reason`() throws {
    try alpha.receive(beta.next(captured))
    approve()
    try alpha.receive(declined())
    #expect((state("outcome"), state("reason")) == ("declined", "There is no money."))
    #expect(try alpha.published(OrderFinalized.self).map(\.data.outcome) == [.declined])
  }

  @Test func `a charge that is ahead of the approval waits for it`() throws {
    try alpha.receive(beta.next(captured), charged())
    #expect(state() == "captured")
    #expect(try alpha.deferred("waiting") == 1)
    approve()
    #expect(state() == "finalized")
    #expect(try alpha.deferred("waiting") == 0)
    #expect(
      try alpha.published() == ["settings.changed v1", "order.approved v2", "order.finalized v1"])
  }

  @Test func `a charge that is ahead of the order waits for both steps`() throws {
    try alpha.receive(charged())
    try alpha.receive(beta.next(captured))
    #expect(state() == "captured")
    approve()
    #expect(state() == "finalized")
  }

  @Test func `a charge that is ahead of an order that approves itself ends it at once`() throws {
    let automatic = try ServiceHarness(AlphaRoom.self, values: ["approval": "automatic"])
    try automatic.receive(charged(), beta.next(captured))
    #expect(
      try automatic.published() == [
        "settings.changed v1", "order.approved v2", "order.finalized v1",
      ])
  }

  @Test func `a repetition changes nothing`() throws {
    let capture = try beta.next(captured)
    let charge = try charged()
    try alpha.receive(capture)
    approve()
    try alpha.receive(charge)
    let said = try alpha.published()
    for record in [capture, charge, try beta.next(captured), try charged(), try declined()] {
      try alpha.receiveAgain(record)
    }
    #expect(try alpha.published() == said)
    #expect((state(), state("outcome")) == ("finalized", "charged"))
    #expect(try alpha.deferred("waiting") + alpha.deferred("dead") == 0)
  }

  @Test func `a charge of a rejected order changes nothing`() throws {
    try alpha.receive(beta.next(captured))
    _ = alpha.post("/api/orders/\(captured.orderId)/reject", json: #"{"reason":"sold out"}"#)
    try alpha.receive(charged())
    #expect((state("outcome"), state("reason")) == ("rejected", "sold out"))
  }

  @Test func `two orders that interleave end each for itself`() throws {
    let other = alpha.clock.captured()
    try alpha.receive(beta.next(captured), beta.next(other))
    approve()
    try alpha.receive(charged())
    #expect(state() == "finalized")
    #expect(alpha.get("/api/orders/\(other.orderId)").string("state") == "captured")
  }
}
