// Delta's JSON API: the parcels, by their orders.

import Daemon

extension DeltaRoom {
  static let api: [Route] = [
    .query("/api/parcels", takes: .newestFirst) { call, snapshot in
      try .list("parcels", try snapshot.parcels(try call.page()))
    },
    .query("/api/parcels/:orderId") { call, snapshot in
      try .json(try snapshot.requireParcel(of: try call.identifier("orderId")))
    },
    .command(.post, "/api/parcels/:orderId/ship") { call, transaction in
      let parcel = try transaction.ship(try call.identifier("orderId"), call.correlation)
      return try .json(parcel).continuing(parcel.requestId)
    },
  ]
}
