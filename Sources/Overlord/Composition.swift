// Overlord watches all streams. This file puts the service together: its journal, its courier and
// its routes.

import Courier
public import Daemon
import Events
import Journal

/// The service that keeps every event and shows them.
public enum OverlordRoom: Room {
  public static let name = "overlord"
  public static let port = 3994
  public static let follows = ["alpha", "beta", "charlie"]
  public static let followers: [String] = []
  public static let keys = ["alpha", "beta", "charlie"].enumerated().map { index, service in
    ConfigurationKey(
      "pages.\(service)", .link, default: .fixed("http://127.0.0.1:\(3991 + index)"),
      meaning: "where \(service)'s page is, shown on Overlord's first page")
  }

  public static func compose(_ shell: Shell) throws -> Assembly {
    let journal = try shell.openJournal(migrations: Tables.migrations, reactions: reactions)
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, services: [courier],
      routes: api + pages(shell.configuration))
  }
}
