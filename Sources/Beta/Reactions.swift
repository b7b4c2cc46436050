// Beta's reactions to other services' events.

package import Daemon
import Schema

extension BetaRoom {
  package static let reactions: Reactions = [
    // Alpha changed the settings: Beta keeps its own copy, and quotes from it alone.
    .on(SettingsChanged.self, from: "alpha") { changed, transaction in
      try transaction.keep(changed.data)
      return .done
    },
    // Alpha approved an order: the customer sees the step, and the form stays closed.
    .on(OrderApproved.self, from: "alpha") { approved, transaction in
      try transaction.keepApproval(of: approved.data.orderId, at: approved.time)
    },
    // Alpha rejected an order: the customer sees the reason, and the end follows.
    .on(OrderRejected.self, from: "alpha") { rejected, transaction in
      try transaction.keepRejection(of: rejected.data.orderId, because: rejected.data.reason)
    },
    // Alpha finalized an order: the customer's order form opens again.
    .on(OrderFinalized.self, from: "alpha") { finalized, transaction in
      try transaction.reopen(finalized.data)
    },
  ]
}
