// The events of Delta, which other services read, and their pinned versions.

public import Daemon

/// The goods of a charged order are in a parcel.
public struct ParcelPacked: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("parcel.packed", version: 1, leastReader: 1)

  /// The parcel, one for each order.
  public let parcelId: Identifier
  /// The order.
  public let orderId: Identifier
  /// The product's name, as the customer ordered it.
  public let product: String

  /// The parcel.
  public var subject: String { parcelId.description }
}

/// A parcel is on its way to the customer.
public struct ParcelShipped: Event {
  /// The name, the number and the least reader.
  public static let schema = PayloadSchema("parcel.shipped", version: 1, leastReader: 1)

  /// The parcel.
  public let parcelId: Identifier
  /// The order.
  public let orderId: Identifier

  /// The parcel.
  public var subject: String { parcelId.description }
}

extension Registry {
  /// Every version of every event of Delta.
  public static let delta = Registry([
    RegisteredEvent(
      ParcelPacked.self, from: "delta", compatibility: .fullTransitive,
      summary: "The goods of a charged order are in a parcel.",
      golden: [
        GoldenPayload("parcel.packed.v1.json", bytes: PackageResources.parcel_packed_v1_json)
      ]),
    RegisteredEvent(
      ParcelShipped.self, from: "delta", compatibility: .fullTransitive,
      summary: "A parcel is on its way to the customer.",
      golden: [
        GoldenPayload("parcel.shipped.v1.json", bytes: PackageResources.parcel_shipped_v1_json)
      ]),
  ])
}

extension SchemaLock {
  /// The pinned facts of Delta.
  public static var delta: SchemaLock {
    get throws { try SchemaLock(String(decoding: PackageResources.Delta_lock, as: UTF8.self)) }
  }
}
