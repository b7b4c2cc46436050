import Daemon
import Delta
import RoomTesting
import Schema
import Testing

@Suite struct ParcelTests {
  private let delta: ServiceHarness
  private let alpha: SyntheticLog
  private let charlie: SyntheticLog
  private let order: Identifier

  init() throws {
    delta = try ServiceHarness(DeltaRoom.self)
    alpha = SyntheticLog("alpha", clock: delta.clock)
    charlie = SyntheticLog("charlie", clock: delta.clock)
    order = delta.clock.identifier()
  }

  private let total = Money(amount: 3500, currency: .usd)

  private func approved() throws -> Record {
    try alpha.next(
      OrderApproved(
        orderId: order, cartId: nil, product: "widget", price: nil, fee: nil, discount: nil,
        total: total, settingsVersion: nil))
  }

  private func charged() throws -> Record {
    try charlie.next(
      OrderCharged(orderId: order, chargeId: delta.clock.identifier(), total: total, fee: nil))
  }

  @Test func `a charged order is packed, and its event is emitted`() throws {
    try delta.receive(approved(), charged())
    let parcel = delta.get("/api/parcels/\(order)")
    #expect(parcel.string("product") == "widget")
    #expect(parcel.string("state") == "packed")
    let packed = try #require(try delta.published(ParcelPacked.self).first)
    #expect(packed.data.orderId == order)
    #expect(packed.correlation.id == "work-1", "it belongs to the work that captured the order")
  }

  @Test func `a charge before its approval waits for it`() throws {
    try delta.receive(charged())
    #expect(try delta.deferred("waiting") == 1)
    #expect(delta.get("/api/parcels/\(order)").code == 404)
    try delta.receive(approved())
    #expect(try delta.published() == ["parcel.packed v1"])
  }

  @Test func `a repeated charge packs nothing`() throws {
    let charge = try charged()
    try delta.receive(approved(), charge)
    try delta.receiveAgain(charge)
    #expect(try delta.published() == ["parcel.packed v1"])
    #expect(delta.get("/api/parcels").count("parcels") == 1)
  }

  @Test func `a parcel is shipped once, and a repeated command changes nothing`() throws {
    try delta.receive(approved(), charged())
    for _ in 1...2 {
      #expect(delta.post("/api/parcels/\(order)/ship").string("state") == "shipped")
    }
    #expect(try delta.published() == ["parcel.packed v1", "parcel.shipped v1"])
    let shipped = try #require(try delta.published(ParcelShipped.self).first)
    #expect(shipped.correlation.id == "work-1")
    #expect(shipped.correlation.requestID == "request-1", "the request that shipped it")
  }

  @Test func `the page ships a parcel`() throws {
    try delta.receive(approved(), charged())
    #expect(delta.get("/").text.contains("/parcels/\(order)/ship"))
    #expect(delta.submit("/parcels/\(order)/ship").code == 303)
    #expect(!delta.get("/").text.contains("/parcels/\(order)/ship"))
  }

  @Test func `an order without a parcel cannot be shipped`() {
    #expect(delta.post("/api/parcels/\(order)/ship").code == 404)
  }

  @Test func `parcels are there after a restart`() throws {
    try delta.receive(approved(), charged())
    let again = try ServiceHarness(DeltaRoom.self, after: delta)
    #expect(again.get("/api/parcels/\(order)").string("state") == "packed")
  }
}
