import GRDB

/// One step of a database's design, run once and in order, in a transaction of its own.
public struct Migration: Sendable {
  /// The name under which it is remembered; it never changes.
  public let name: String
  /// The statements, separated by semicolons.
  public let sql: String

  /// A step with a name that is unique in its service, for example `alpha-1-orders`.
  public init(_ name: String, _ sql: String) {
    self.name = name
    self.sql = sql
  }
}

extension [Migration] {
  /// What brings a database to this design.
  var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for migration in self {
      migrator.registerMigration(migration.name) { try $0.execute(sql: migration.sql) }
    }
    return migrator
  }
}

/// The journal's own tables, after which a room adds its own.
let journalMigrations = [
  Migration(
    "journal-1",
    """
    -- One row: whose journal it is, its history's number, and the head of its log.
    CREATE TABLE journal (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      service TEXT NOT NULL,
      epoch BIGINT NOT NULL,
      sequence BIGINT NOT NULL,
      chain BLOB NOT NULL,
      committed_at BIGINT NOT NULL,
      floor BIGINT NOT NULL,
      starts BIGINT NOT NULL
    );
    -- The histories that this log has had: each began after `sequence`, where the chain was `chain`.
    CREATE TABLE lineage (
      position INTEGER PRIMARY KEY,
      epoch BIGINT NOT NULL,
      sequence BIGINT NOT NULL,
      chain BLOB NOT NULL
    );
    -- The outbox: what this service has said, as it stands on the wire.
    CREATE TABLE log (
      sequence BIGINT PRIMARY KEY,
      topic TEXT NOT NULL,
      header BLOB NOT NULL,
      body BLOB NOT NULL
    );
    -- The inbox: how far each followed stream was applied.
    CREATE TABLE cursors (
      stream TEXT PRIMARY KEY,
      epoch BIGINT,
      sequence BIGINT NOT NULL,
      chain BLOB NOT NULL
    );
    -- Events that wait for their order's state, dead letters, and what is behind either.
    CREATE TABLE put_aside (
      stream TEXT NOT NULL,
      sequence BIGINT NOT NULL,
      subject TEXT NOT NULL,
      topic TEXT NOT NULL,
      header BLOB NOT NULL,
      body BLOB NOT NULL,
      state TEXT NOT NULL,
      reason TEXT NOT NULL,
      at BIGINT NOT NULL,
      PRIMARY KEY (stream, sequence)
    );
    CREATE INDEX put_aside_by_subject ON put_aside (subject);
    -- Who follows this log, and how far each has come.
    CREATE TABLE consumers (
      name TEXT PRIMARY KEY,
      epoch BIGINT,
      sequence BIGINT NOT NULL,
      seen_at BIGINT
    );
    """)
]
