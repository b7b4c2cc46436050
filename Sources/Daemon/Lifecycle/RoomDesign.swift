package import Journal

/// A room that keeps tables beside its journal, outside of the journal's transactions.
package protocol KeepsTablesBeside: Room {
  /// The tables, each of which is in a file, or in the database of the journal.
  static var tablesBeside: [TableBeside] { get }
}

/// The tables of a service, for a program that makes its journal in another place.
package struct RoomDesign: Sendable {
  /// The design of all tables of the journal that are not the journal's own, in order.
  package let migrations: [Migration]
  /// The tables beside the journal.
  package let tablesBeside: [TableBeside]
  /// The rules that its tables keep.
  package let checks: [JournalCheck]

  /// The design of a declared service.
  package init(_ room: any Room.Type) {
    migrations = [idempotencyMigration] + room.migrations
    tablesBeside = (room as? any KeepsTablesBeside.Type)?.tablesBeside ?? []
    checks = room.checks
  }
}
