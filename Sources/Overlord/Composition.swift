// Overlord watches all streams. This file puts the service together: its journal, its courier and
// its routes.

import Courier
package import Daemon
import Events
import Journal

/// The service that keeps every event and shows them.
package enum OverlordRoom: Room {
  package static let name = "overlord"
  package static let port = 3994
  package static let follows = ["alpha", "beta", "charlie"]
  package static let followers: [String] = []
  package static let keys = ["alpha", "beta", "charlie"].enumerated().map { index, service in
    ConfigurationKey(
      "pages.\(service)", .link, default: .fixed("http://127.0.0.1:\(3991 + index)"),
      meaning: "where \(service)'s page is, shown on Overlord's first page")
  }

  package static func compose(_ shell: Shell) throws -> Assembly {
    let journal = try shell.openJournal(migrations: Tables.migrations, reactions: reactions)
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    let look = try look(shell.configuration)
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, services: [courier],
      routes: api + pages(shell.configuration, look) + schemaPages(look), pages: look)
  }
}
