// Delta packs and ships what was charged. This file puts the service together: its journal, its
// courier and its routes.

import Courier
public import Daemon
public import Events
import Journal

/// The service that packs and ships parcels.
public enum DeltaRoom: Room {
  /// The service, its stream and the root of its configuration.
  public static let name = "delta"
  /// Where it answers when nothing else is configured.
  public static let port = 3995
  /// The streams that it follows.
  public static let follows = ["alpha", "charlie"]
  /// Who is expected to follow it: nobody yet.
  public static let followers: [String] = []
  /// The events that it emits.
  public static let publishes: [any Event.Type] = [ParcelPacked.self, ParcelShipped.self]

  /// Opens the journal, and makes all that the service consists of.
  public static func compose(_ shell: Shell) throws -> Assembly {
    let journal = try shell.openJournal(migrations: Tables.migrations, reactions: reactions)
    let courier = ServiceCourier(
      journal: journal, own: shell.endpoints, following: shell.followed,
      surroundings: shell.surroundings, logger: shell.logger)
    let look = try look()
    return Assembly(
      journal: journal, subscriptions: { courier.subscriptions }, services: [courier],
      routes: api + pages(look), pages: look)
  }
}
