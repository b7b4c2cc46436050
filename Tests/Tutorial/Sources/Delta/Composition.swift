// Delta packs and ships charged orders. This file declares the service: its name, its streams and its
// events. Its tables, reactions, routes and page are in the files of these names.

public import Daemon

/// The service that packs and ships parcels.
public enum DeltaRoom: Room {
  /// The service, its stream and the root of its configuration.
  public static let name = "delta"
  /// The port that it listens on when nothing else is configured.
  public static let port = 3995
  /// The streams that it follows.
  public static let follows = ["alpha", "charlie"]
  /// The events that it emits.
  public static let publishes: [any Event.Type] = [ParcelPacked.self, ParcelShipped.self]

  /// The design of its tables.
  public static var migrations: [Migration] { Tables.migrations }

  /// The look of its page.
  public static func look(in shell: Shell) throws -> PageTemplates? { try look() }

  /// The routes of its page.
  public static func pages(_ look: PageTemplates, in shell: Shell) -> [Route] { pages(look) }
}
