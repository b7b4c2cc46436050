// Beta's JSON API: the settings as Beta knows them, and carts.

import Daemon
import Events
import HTTPTypes
import Journal
import Schema

extension BetaRoom {
  static func api(cartAge: Duration) -> [Route] {
    [
      .query("/api/settings") { _, snapshot in
        let settings = try snapshot.settingsInForce()
        return try .json(settings, headers: [.eTag: "\"\(settings.version)\""])
      },
      .command(.post, "/api/carts") { _, transaction in
        let cart = try transaction.openCart(keepingOthersFor: cartAge)
        return try .json(cart, status: .created, headers: [.location: "/api/carts/\(cart.id)"])
      },
      .query("/api/carts/:id") { call, snapshot in
        try .json(try snapshot.requireCart(try call.identifier("id")))
      },
      .command(.post, "/api/carts/:id/quote") { call, transaction in
        try .json(try transaction.quoteAgain(for: try call.identifier("id")))
      },
      .command(.post, "/api/carts/:id/checkout") { call, transaction in
        let wanted: WantedOrder = try call.json()
        let order = try transaction.checkout(
          try call.identifier("id"), wanted, call.correlation)
        return try .json(["orderId": order.id], status: .accepted)
      },
    ]
  }
}
