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
    // Alpha finalized an order: the customer's order form opens again.
    .on(OrderFinalized.self, from: "alpha") { finalized, transaction in
      try transaction.reopen(finalized.data)
    },
  ]
}
