// What Delta does on hearing of other services' events.

import Daemon
import Schema

extension DeltaRoom {
  static let reactions = Reactions([
    // Alpha approved an order: Delta remembers what it is for, which the charge does not say.
    .on(OrderApproved.self, from: "alpha") { approved, transaction in
      try transaction.keep(product: approved.data.product, of: approved.data.orderId)
      return .done
    },
    // Charlie charged an order: Delta packs its parcel.
    .on(OrderCharged.self, from: "charlie") { charged, transaction in
      try transaction.pack(charged)
    },
  ])
}
