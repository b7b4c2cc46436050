// Delta's JSON API: the parcels, by their orders.

public import Daemon

extension DeltaRoom {
  /// The routes of its JSON API.
  public static let api: [Route] = [
    .query("/api/parcels", takes: .newestFirst) { request, snapshot in
      try .list("parcels", page: try snapshot.parcels(try request.page()))
    },
    .query("/api/parcels/:orderId") { request, snapshot in
      try .json(try snapshot.requireParcel(of: try request.identifier("orderId")))
    },
    .command(.post, "/api/parcels/:orderId/ship") { request, transaction in
      let parcel = try transaction.ship(try request.identifier("orderId"))
      return try .json(parcel).continuing(parcel.requestId)
    },
  ]
}
