// Alpha's reactions to other services' events.

import Daemon
import Schema

extension AlphaRoom {
  /// - Parameter approval: the approval of orders, at each order.
  static func reactions(approval: @escaping @Sendable () -> ApprovalMode) -> Reactions {
    Reactions([
      // Beta captured an order: Alpha prices it as promised, and decides or waits for a person.
      .on(OrderCaptured.self, from: "beta") { captured, transaction in
        try transaction.capture(captured, approval: approval())
      },
      // Charlie charged it: the order is finalized, and Beta may open the cart again.
      .on(OrderCharged.self, from: "charlie") { charged, transaction in
        try transaction.settle(charged.data.orderId, as: .charged, because: nil)
      },
      // Charlie was declined: the order is finalized all the same.
      .on(OrderDeclined.self, from: "charlie") { declined, transaction in
        try transaction.settle(
          declined.data.orderId, as: .declined, because: declined.data.reason)
      },
    ])
  }
}
