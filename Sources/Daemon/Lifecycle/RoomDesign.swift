package import Journal

/// A room that keeps tables beside its journal, outside of the journal's transactions.
package protocol KeepsTablesBeside: Room {
  /// The tables, each of which is in a file, or in the database of the journal.
  static var tablesBeside: [TableBeside] { get }
  /// The rules that the tables keep with those of the journal, where both are in PostgreSQL.
  static var checksBeside: [JournalCheck] { get }
}

/// The tables of a service, for a program that makes its journal in another place.
package struct RoomDesign: Sendable {
  /// The design of all tables of the journal that are not the journal's own, in order.
  package let migrations: [Migration]
  /// The tables beside the journal.
  package let tablesBeside: [TableBeside]
  /// The rules that its tables keep.
  package let checks: [JournalCheck]
  /// The rules that the tables beside the journal keep with it, where both are in PostgreSQL.
  package let checksBeside: [JournalCheck]

  /// Whether there are further tables, which only the service's own program knows.
  package let hasFurtherTables: Bool

  /// The design that each service has, of one that this program does not know.
  package static let unknown = RoomDesign()

  private init() {
    migrations = [idempotencyMigration]
    tablesBeside = []
    checks = []
    checksBeside = []
    hasFurtherTables = true
  }

  /// The design of a declared service.
  package init(_ room: any Room.Type) {
    migrations = [idempotencyMigration] + room.migrations
    let keeper = room as? any KeepsTablesBeside.Type
    tablesBeside = keeper?.tablesBeside ?? []
    checksBeside = keeper?.checksBeside ?? []
    checks = room.checks
    hasFurtherTables = false
  }
}
