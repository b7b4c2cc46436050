// Overlord watches all streams. This file declares the service: its name, its streams, its keys,
// and its tables, reactions and routes.

package import Daemon

/// The service that keeps every event and shows them.
package enum OverlordRoom: Room {
  package static let name = "overlord"
  package static let port = 3994
  package static let follows = ["alpha", "beta", "charlie"]
  package static let followers: [String] = []
  package static let keys: [any DeclaredKey] = framed.map(\.key)

  package static var migrations: [Migration] { Tables.migrations }

  package static func look(in shell: Shell) throws -> PageTemplates? {
    try look(shell.configuration)
  }

  package static func pages(_ look: PageTemplates, in shell: Shell) -> [Route] {
    pages(shell.configuration, look) + schemaPages(look)
  }
}
