import Events
import FoundationEssentials
import GRDB

extension ServiceJournal.Place {
  /// What messages call it.
  var name: String {
    switch self {
    case .file(let path): path
    case .memory, .store: "the journal in memory"
    }
  }

  /// Opens the database so that a commit is on disk when it returns.
  ///
  /// - Parameter seconds: how long SQLite itself waits for a lock, which blocks a thread: a service
  ///   waits by its own means, and longer.
  func open(waiting seconds: Double = 0.25) throws -> any DatabaseWriter {
    var configuration = Configuration()
    configuration.label = "eventually.journal"
    configuration.busyMode = .timeout(seconds)
    // A page whose cells lie outside it is found when it is read.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cell_size_check = ON") }
    switch self {
    case .memory: return try DatabaseQueue(configuration: configuration)
    case .store(let store): return store.database
    case .file(let path):
      let pool = try DatabasePool(path: path, configuration: configuration)
      // A pool sets NORMAL once it is open, whatever was prepared before.
      try pool.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
        // A write-ahead log that has grown is cut back when it begins again.
        try database.execute(sql: "PRAGMA journal_size_limit = \(LogFile.limit)")
        let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
        precondition(level == 2, "SQLite did not take synchronous = FULL")
      }
      return pool
    }
  }

  /// Refuses a file that is not this service's journal, or of a newer design, before anything is
  /// written: opening it to write would already turn a stranger's database into a WAL one.
  ///
  /// - Parameter migrations: the newest design that is known; nil when that does not matter.
  func inspect(for service: String, _ migrations: [Migration]?) throws {
    var isFolder = false
    guard case .file(let path) = self,
      FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    else { return }
    guard !isFolder else {
      throw JournalError(
        .notADatabase,
        "\(path) is a folder, and no journal. Name another state folder; nothing was changed.")
    }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(0.25)
    let file = try DatabaseQueue(path: path, configuration: configuration)
    try file.read { database in
      guard try database.hasTables else { return }
      guard try database.tableExists("journal"),
        try database.columns(in: "journal").contains(where: { $0.name == "service" })
      else {
        throw JournalError(
          .notADatabase,
          """
          \(path) is a database, and no journal. Name another state folder; nothing was changed.
          """)
      }
      let owner = try database.owner
      guard owner ?? service == service else {
        throw JournalError(
          .foreign,
          """
          \(path) is the journal of \(owner ?? ""), not of \(service). Name the right state \
          folder; nothing was changed.
          """)
      }
      guard try migrations?.migrator.hasBeenSuperseded(database) != true else {
        throw JournalError(
          .newer,
          """
          \(path) was written by a newer version of this program. Install that version, or restore \
          a backup that this one made; nothing was changed.
          """)
      }
    }
    try file.close()
  }
}

extension ServiceJournal.Place {
  /// Whether a file has a journal's tables in it.
  func hasJournal(_ path: String) throws -> Bool {
    let file = try DatabaseQueue(path: path, configuration: .reading)
    defer { try? file.close() }
    return try file.read { try $0.hasTables }
  }
}

extension Database {
  /// Whose journal it is; nil before it was founded.
  var owner: String? {
    get throws {
      try rows("SELECT service FROM journal WHERE id = 1").first?.value("service")
    }
  }

  /// Makes the journal's own row: an empty log with a history of its own.
  func found(_ service: String, epoch: Epoch) throws {
    try run(
      """
      INSERT INTO journal
      (id, service, epoch, sequence, chain, committed_at, floor, floor_chain, starts)
      VALUES (1, \(service), \(epoch), 0, \(Chain.zero), 0, 1, \(Chain.zero), 0)
      """)
    try run(
      "INSERT INTO lineage (epoch, sequence, chain) VALUES (\(epoch), 0, \(Chain.zero))")
  }

  /// Whether anybody has made tables here; the first migration may have been cut off before its.
  fileprivate var hasTables: Bool {
    get throws {
      try !rows(
        """
        SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
        AND name <> 'grdb_migrations' LIMIT 1
        """
      ).isEmpty
    }
  }
}
