// Overlord's reactions to other services' events: it keeps them, and decides nothing.

package import Daemon

extension OverlordRoom {
  package static let reactions = Reactions(
    follows.map { stream in
      .onEverything(from: stream) { envelope, record, transaction in
        try transaction.keep(record, envelope)
      }
    })
}
