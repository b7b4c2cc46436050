import Delta
import Events
import RoomTesting
import Schema
import Testing

@Suite struct ParcelTests {
  private let delta: House
  private let alpha: Source
  private let charlie: Source
  private let order: Identifier

  init() throws {
    delta = try House(DeltaRoom.self)
    alpha = Source("alpha", delta.world)
    charlie = Source("charlie", delta.world)
    order = delta.world.identifier()
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
      OrderCharged(orderId: order, chargeId: delta.world.identifier(), total: total, fee: nil))
  }

  @Test func `a charged order is packed, and Delta says so`() throws {
    try delta.hear(approved(), charged())
    let parcel = delta.get("/api/parcels/\(order)")
    #expect(parcel.string("product") == "widget")
    #expect(parcel.string("state") == "packed")
    let packed = try #require(try delta.said(ParcelPacked.self).first)
    #expect(packed.data.orderId == order)
    #expect(packed.correlation.id == "work-1", "it belongs to the work that captured the order")
  }

  @Test func `a charge that comes before its approval waits for it`() throws {
    try delta.hear(charged())
    #expect(try delta.putAside("waiting") == 1)
    #expect(delta.get("/api/parcels/\(order)").code == 404)
    try delta.hear(approved())
    #expect(try delta.said() == ["parcel.packed v1"])
  }

  @Test func `a charge that comes again packs nothing`() throws {
    let charge = try charged()
    try delta.hear(approved(), charge)
    try delta.hearAgain(charge)
    #expect(try delta.said() == ["parcel.packed v1"])
    #expect(delta.get("/api/parcels").count("parcels") == 1)
  }

  @Test func `a parcel is shipped once, however often somebody asks`() throws {
    try delta.hear(approved(), charged())
    for _ in 1...2 {
      #expect(delta.post("/api/parcels/\(order)/ship").string("state") == "shipped")
    }
    #expect(try delta.said() == ["parcel.packed v1", "parcel.shipped v1"])
    let shipped = try #require(try delta.said(ParcelShipped.self).first)
    #expect(shipped.correlation.id == "work-1")
    #expect(shipped.correlation.requestID == "request-1", "the request that shipped it")
  }

  @Test func `the page ships a parcel`() throws {
    try delta.hear(approved(), charged())
    #expect(delta.get("/").text.contains("/parcels/\(order)/ship"))
    #expect(delta.submit("/parcels/\(order)/ship").code == 303)
    #expect(!delta.get("/").text.contains("/parcels/\(order)/ship"))
  }

  @Test func `an order without a parcel cannot be shipped`() {
    #expect(delta.post("/api/parcels/\(order)/ship").code == 404)
  }

  @Test func `parcels are there after a restart`() throws {
    try delta.hear(approved(), charged())
    let again = try House(DeltaRoom.self, after: delta)
    #expect(again.get("/api/parcels/\(order)").string("state") == "packed")
  }
}
