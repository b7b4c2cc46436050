// The reactions of Delta to the events of other services.

public import Daemon
import Schema

extension DeltaRoom {
  /// The reactions to the events of other services.
  public static let reactions: Reactions = [
    // Alpha approved an order: Delta keeps its product, which the charge does not carry.
    .on(OrderApproved.self, from: "alpha") { approved, transaction in
      try transaction.keep(product: approved.data.product, of: approved.data.orderId)
      return .done
    },
    // Charlie charged an order: Delta packs its parcel.
    .on(OrderCharged.self, from: "charlie") { charged, transaction in
      try transaction.pack(charged)
    },
  ]
}
