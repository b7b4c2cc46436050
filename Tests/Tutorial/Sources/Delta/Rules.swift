// The rules of Delta: when a parcel is packed, and when it is shipped. Each rule runs in one
// transaction, called by the API, by the page and by the reactions.

import Daemon
import Schema

extension Transaction {
  /// Packs the parcel of a charged order, once.
  func pack(_ charged: Envelope<OrderCharged>) throws -> Outcome {
    let order = charged.data.orderId
    guard try parcel(of: order) == nil else { return .done }
    guard let product = try product(of: order) else {
      return .wait("the approval of order \(order) has not arrived")
    }
    let parcel = Parcel(
      id: identifier(), orderId: order, product: product, state: .packed,
      requestId: charged.correlation.id, packedAt: now)
    try insert(parcel)
    try emit(ParcelPacked(parcelId: parcel.id, orderId: order, product: product))
    return .done
  }

  /// Ships the parcel of an order, once; a repeated command returns the parcel as it is.
  func ship(_ order: Identifier) throws -> Parcel {
    var parcel = try requireParcel(of: order)
    guard parcel.state == .packed else { return parcel }
    parcel.state = .shipped
    parcel.shippedAt = now
    try update(parcel)
    try emit(
      ParcelShipped(parcelId: parcel.id, orderId: order),
      correlation: work.continuing(parcel.requestId))
    return parcel
  }
}

extension Reader {
  /// The parcel of an order, or a problem document.
  func requireParcel(of order: Identifier) throws -> Parcel {
    guard let parcel = try parcel(of: order) else {
      throw Problem.notFound(
        "no-such-parcel", detail: "Delta has no parcel of order \(order).",
        remedy: "An order that has just been charged may still be on its way: try again.")
    }
    return parcel
  }
}
