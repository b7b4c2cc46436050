// Charlie's reactions to other services' events.

package import Daemon
import Schema

extension CharlieRoom {
  package static let reactions: Reactions = [
    // Alpha changed the settings: Charlie keeps every version, to balance the fees against.
    .on(SettingsChanged.self, from: "alpha") { changed, transaction in
      try transaction.keep(changed.data)
      return .done
    },
    // Alpha approved an order: Charlie intends to charge it, and a worker asks the gateway.
    .on(OrderApproved.self, from: "alpha") { approved, transaction in
      try transaction.intend(approved)
    },
  ]
}
