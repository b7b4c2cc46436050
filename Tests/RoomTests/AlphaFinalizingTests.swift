import Alpha
import Events
import RoomTesting
import Schema
import Testing

@Suite struct `How an order ends at Alpha` {
  private let alpha: House
  private let beta: Source
  private let charlie: Source
  private let captured: OrderCaptured

  init() throws {
    alpha = try House(AlphaRoom.self)
    (beta, charlie) = (Source("beta", alpha.world), Source("charlie", alpha.world))
    captured = alpha.world.captured()
  }

  private func state(_ path: String = "state") -> String? {
    alpha.get("/api/orders/\(captured.orderId)").string(path)
  }

  private func charged() throws -> Record {
    try charlie.next(
      OrderCharged(
        orderId: captured.orderId, chargeId: alpha.world.identifier(), total: usd(3500), fee: nil))
  }

  private func declined() throws -> Record {
    try charlie.next(
      OrderDeclined(
        orderId: captured.orderId, chargeId: alpha.world.identifier(), code: "no-funds",
        reason: "There is no money."))
  }

  private func approve() {
    #expect(alpha.post("/api/orders/\(captured.orderId)/approve").code == 200)
  }

  @Test func `approved by itself, an order names the event that caused it`() throws {
    let automatic = try House(AlphaRoom.self, ["approval": "automatic"])
    let record = try beta.next(captured, request: "work-3")
    try automatic.hear(record)
    let approval = try #require(try automatic.said(OrderApproved.self).first)
    #expect(approval.correlation.id == "work-3")
    #expect(approval.correlation.causationID == (try OrderCaptured.read(record).id))
    #expect(approval.correlation.requestID == nil)
    try automatic.hearAgain(record)
    #expect(try automatic.said() == ["settings.changed v1", "order.approved v2"])
  }

  @Test func `a charged order is finalized, caused by the charge`() throws {
    try alpha.hear(beta.next(captured))
    approve()
    let record = try charged()
    try alpha.hear(record)
    #expect((state(), state("outcome")) == ("finalized", "charged"))
    let said = try #require(try alpha.said(OrderFinalized.self).first)
    #expect((said.data.cartId, said.data.outcome) == (captured.cartId, .charged))
    #expect(said.correlation.causationID == (try OrderCharged.read(record).id))
  }

  @Test func `a declined order is finalized with the reason`() throws {
    try alpha.hear(beta.next(captured))
    approve()
    try alpha.hear(declined())
    #expect((state("outcome"), state("reason")) == ("declined", "There is no money."))
    #expect(try alpha.said(OrderFinalized.self).map(\.data.outcome) == [.declined])
  }

  @Test func `a charge that is ahead of the approval waits for it`() throws {
    try alpha.hear(beta.next(captured), charged())
    #expect(state() == "captured")
    #expect(try alpha.putAside("waiting") == 1)
    approve()
    #expect(state() == "finalized")
    #expect(try alpha.putAside("waiting") == 0)
    #expect(
      try alpha.said() == ["settings.changed v1", "order.approved v2", "order.finalized v1"])
  }

  @Test func `a charge that is ahead of the order waits for both steps`() throws {
    try alpha.hear(charged())
    try alpha.hear(beta.next(captured))
    #expect(state() == "captured")
    approve()
    #expect(state() == "finalized")
  }

  @Test func `a charge that is ahead of an order that approves itself ends it at once`() throws {
    let automatic = try House(AlphaRoom.self, ["approval": "automatic"])
    try automatic.hear(charged(), beta.next(captured))
    #expect(
      try automatic.said() == ["settings.changed v1", "order.approved v2", "order.finalized v1"])
  }

  @Test func `what is repeated changes nothing`() throws {
    let (capture, charge) = (try beta.next(captured), try charged())
    try alpha.hear(capture)
    approve()
    try alpha.hear(charge)
    let said = try alpha.said()
    for record in [capture, charge, try beta.next(captured), try charged(), try declined()] {
      try alpha.hearAgain(record)
    }
    #expect(try alpha.said() == said)
    #expect((state(), state("outcome")) == ("finalized", "charged"))
    #expect(try alpha.putAside("waiting") + alpha.putAside("dead") == 0)
  }

  @Test func `a charge of a rejected order changes nothing`() throws {
    try alpha.hear(beta.next(captured))
    _ = alpha.post("/api/orders/\(captured.orderId)/reject", #"{"reason":"sold out"}"#)
    try alpha.hear(charged())
    #expect((state("outcome"), state("reason")) == ("rejected", "sold out"))
  }

  @Test func `two orders that interleave end each for itself`() throws {
    let other = alpha.world.captured()
    try alpha.hear(beta.next(captured), beta.next(other))
    approve()
    try alpha.hear(charged())
    #expect(state() == "finalized")
    #expect(alpha.get("/api/orders/\(other.orderId)").string("state") == "captured")
  }
}
