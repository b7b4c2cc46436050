import Events
import FoundationEssentials
import GRDB

extension ServiceJournal.Place {
  /// Its name in messages.
  var name: String {
    switch self {
    case .file(let path): path
    case .memory, .store: "the journal in memory"
    case .postgreSQL(let place): place.address.description
    }
  }

  /// Opens the engine so that a commit is on disk when it returns.
  ///
  /// - Parameters:
  ///   - migrations: the steps of the design that the program has; nil where it uses the journal's
  ///     own row alone.
  ///   - seconds: how long SQLite itself waits for a lock, which blocks a thread: a service waits
  ///     by its own means, and longer.
  func open(knowing migrations: [Migration]? = nil, waiting seconds: Double = 0.25) throws
    -> any Engine
  {
    var configuration = Configuration(label: "eventually.journal", waiting: seconds)
    // A page whose cells lie outside it is found when it is read.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cell_size_check = ON") }
    switch self {
    case .postgreSQL(let place): return PostgreSQLEngine(place, steps: migrations?.map(\.name))
    case .memory:
      return SQLiteEngine(try DatabaseQueue(configuration: configuration), name: name)
    case .store(let store): return SQLiteEngine(store, name: name)
    case .file(let path):
      let pool = try DatabasePool(path: path, configuration: configuration)
      try pool.writeWithoutTransaction { database in
        // A pool sets NORMAL when it opens, regardless of the preparation.
        try database.syncFully()
        // A write-ahead log that has grown is cut back when it begins again.
        try database.execute(sql: "PRAGMA journal_size_limit = \(LogFile.limit)")
      }
      return SQLiteEngine(pool, name: path)
    }
  }

  /// Refuses a file that is not this service's journal, or of a newer design, before anything is
  /// written: opening it to write would already turn a stranger's database into a WAL one.
  ///
  /// - Parameter migrations: the steps of the design that are known; nil when that does not matter.
  func inspect(for service: String, _ migrations: [Migration]?) throws {
    if case .postgreSQL(let place) = self { return try place.inspect(for: service, migrations) }
    var isFolder = false
    guard case .file(let path) = self,
      FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    else { return }
    guard !isFolder else {
      throw JournalError(
        .notADatabase,
        summary:
          "\(path) is a folder, and no journal. Name another state folder; nothing was changed.")
    }
    try SQLiteFile.read(path, waiting: 0.25) { file in
      guard try file.hasTables else { return }
      try file.refuse(unless: service)
      let known = migrations.map { Set($0.map(\.name)) }
      guard try known.map({ try file.appliedSteps().allow(programWith: $0) }) != false else {
        throw JournalError(
          .newer,
          summary: """
            \(path) was written by a newer version of this program. Install that version, or restore \
            a backup that this one made; nothing was changed.
            """)
      }
    }
  }

  /// Whether a file has a journal's tables in it.
  func hasJournal(_ path: String) throws -> Bool {
    try SQLiteFile.read(path) { try $0.hasTables }
  }
}

extension SQLiteConnection {
  /// Refuses a database that is not the journal of a service.
  fileprivate func refuse(unless service: String) throws {
    guard try hasColumn("service", in: "journal") else {
      throw JournalError(
        .notADatabase,
        summary: """
          \(name) is a database, and no journal. Name another state folder; nothing was changed.
          """)
    }
    let owner = try owner
    guard owner ?? service == service else {
      throw JournalError(
        .foreign,
        summary: """
          \(name) is the journal of \(owner ?? ""), not of \(service). Name the right state \
          folder; nothing was changed.
          """)
    }
  }
}
