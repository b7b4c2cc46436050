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

  package static let checks = [openOrdersCheck]

  package static var migrations: [Migration] { Tables.migrations }

  package static func look(in shell: Shell) throws -> PageTemplates? {
    try look(shell.configuration)
  }

  /// Its pages show the state of its own following, which is known once it is composed.
  package static func compose(_ shell: Shell) throws -> Assembly {
    let service = try compose(shell) { _ in [] }
    guard let look = service.pages else { return service }
    let pages = OverlordPages(
      look: look, frames: framed.map { $0.frame(in: shell.configuration) },
      now: shell.runtime.now, streams: { try service.followedStreams(in: $0) },
      lags: { try service.lagCharts(of: .stream, in: $0) })
    var assembly = Assembly(
      journal: service.journal, subscriptions: service.subscriptions,
      keepsForever: service.keepsForever, services: service.services,
      routes: service.routes + pages.routes, pages: look)
    assembly.lagHistory = service.lagHistory
    return assembly
  }
}
