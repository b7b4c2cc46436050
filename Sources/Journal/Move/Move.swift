import Events
import Glibc

// A journal moves from its file to a database of PostgreSQL with its history: the same epoch, numbers
// and chain, so that no follower notices. The file counts until the copy is proved; then it gets
// another name, and the database counts. Until then a table in the database marks the move as
// unfinished, and no service starts there.

/// The move of a service's journal from its file to an empty database.
package struct JournalMove: Sendable {
  let service: String
  /// The service's folder of state.
  let folder: String
  let address: PostgreSQLAddress
  /// The design of the tables that are not the journal's own.
  let migrations: [Migration]
  /// The tables in other files of the folder.
  let tablesBeside: [TableBeside]
  let checks: [JournalCheck]

  /// - Parameters:
  ///   - service: the service, which does not run.
  ///   - folder: its folder of state.
  ///   - address: the empty database.
  ///   - migrations: the design of the tables that are not the journal's own.
  ///   - tablesBeside: the tables in other files of the folder.
  ///   - checks: the rules that the tables keep.
  package init(
    of service: String, in folder: String, to address: PostgreSQLAddress,
    migrations: [Migration], tablesBeside: [TableBeside] = [], checks: [JournalCheck] = []
  ) {
    self.service = service
    self.folder = folder
    self.address = address
    self.migrations = migrations
    self.tablesBeside = tablesBeside
    self.checks = checks
  }
}

/// The result of a move.
package struct MovedJournal: Hashable, Sendable {
  /// The end of the log.
  package let mark: JournalMark
  /// The number of events that were read in the database.
  package let events: Int
  /// The number of rows in the database, those of the tables beside the journal included.
  package let rows: Int
  /// The present paths of the files, which are kept; none where an earlier move had put them aside.
  package internal(set) var kept: [String]
}

extension JournalMove {
  private var file: String { "\(folder)/journal.sqlite" }

  /// The file that names the database in the service's folder of state.
  package var markFile: String { PostgreSQLPlace.mark(in: folder) }

  /// Copies all, proves the copy, and puts the files aside.
  ///
  /// A move that was interrupted is begun again, or finished where only that was left.
  ///
  /// - Parameter progress: called with the number of rows that were copied, and of all.
  /// - Throws: ``JournalError`` that names the thing and the remedy. The files are unchanged then.
  package func perform(
    progress: @escaping (_ copied: Int, _ of: Int) -> Void = { _, _ in }
  ) throws -> MovedJournal {
    guard !ServiceJournal.isMissing(file) else { return try finish() }
    if let other = PostgreSQLPlace.marked(in: folder), other != address.description {
      throw JournalError(
        .exists, summary: "the journal of \(service) is in \(other), as \(markFile) says",
        remedy: "Name that database. Or, where \(file) is the journal, remove \(markFile) first.")
    }
    let before = try inspected()
    let target = try MoveTarget(address, of: service)
    try target.begin()
    try PostgreSQLEngine(PostgreSQLPlace(address)).migrate(journalMigrations + migrations)
    let copied = try copyAll(to: target, progress: progress)
    var moved = try prove(target)
    for (table, count) in copied {
      let found = try target.count(table)
      guard found == count else {
        throw unproved("its table \(table) has \(found) rows, and \(count) were copied")
      }
    }
    guard try target.read({ try $0.head() }) == before.head,
      try target.read({ try $0.lineage() }) == before.lineage
    else { throw unproved("its log has another end or another history") }
    // Before the mark: afterwards a service does not start on the file.
    for path in files { try requireUnused(path) }
    try PostgreSQLPlace(address, folder: folder).mark(service)
    moved.kept = try putAside()
    try target.end()
    return moved
  }

  /// Ends a move that was killed after the journal's file was put aside: the copy was proved before.
  private func finish() throws -> MovedJournal {
    guard PostgreSQLPlace.marked(in: folder) == address.description else {
      throw JournalError(
        .unreachable, summary: "there is no file \(file)",
        remedy: "Name the folder of \(service)'s state; nothing was changed.")
    }
    let target = try MoveTarget(address, of: service)
    guard try target.isBegun() else {
      throw JournalError(
        .exists, summary: "the journal of \(service) is in \(address) already, and no file",
        remedy: "Nothing is left to be moved.")
    }
    let aside = "\(file).moved"
    guard !ServiceJournal.isMissing(aside),
      try SQLiteFile.read(aside, { try Snapshot(connection: $0).head() })
        == target.read({ try $0.head() })
    else {
      throw JournalError(
        .damaged, summary: "\(aside) is not there, or has another end than \(address)",
        remedy: "Put the journal's file back as \(file), and move it again; nothing was changed.")
    }
    var moved = try prove(target)
    moved.kept = try putAside()
    try target.end()
    return moved
  }

  /// Refuses a file that is no sound journal of this design.
  ///
  /// - Returns: the end and the histories of its log.
  private func inspected() throws -> (head: Head, lineage: [Lineage]) {
    try JournalFile.inspect(file, of: service)
    let verification = try ServiceJournal.verify(file, of: service, checks: [service: checks])
    if let finding = verification.findings.first {
      throw JournalError(
        .damaged, summary: "\(file) is not sound (\(finding.check): \(finding.problem))",
        remedy: "List all faults with: eventually verify \(service). Nothing was changed.")
    }
    return try SQLiteFile.read(file) { file in
      let names = try file.rows("SELECT identifier FROM grdb_migrations")
        .map { try $0.value("identifier", as: String.self) }
      guard Set(names) == Set((journalMigrations + migrations).map(\.name)) else {
        throw JournalError(
          .newer, summary: "\(self.file) was written by another version of this program",
          remedy: """
            Start and stop \(service)d of this version once, or install the version that wrote it; \
            nothing was changed.
            """)
      }
      let snapshot = Snapshot(connection: file)
      return (try snapshot.head(), try snapshot.lineage())
    }
  }
}

// MARK: Copying and proving

extension JournalMove {
  /// Copies the rows of all tables in one transaction.
  ///
  /// - Returns: the number of rows of each table in the database.
  private func copyAll(
    to target: MoveTarget, progress: @escaping (Int, Int) -> Void
  ) throws -> [String: Int] {
    try SQLiteFile.read(file) { file in
      var tables = try file.copiedTables()
      let own = Set(tables.map(\.name))
      let others = tablesBeside.filter { !ServiceJournal.isMissing("\(folder)/\($0.file)") }
      return try target.write { target in
        let made = try target.tables().subtracting(PostgreSQLPlace.ownTables)
        guard made == own else {
          let names = made.symmetricDifference(own).sorted().joined(separator: ", ")
          throw unproved("its tables are others than those of the file: \(names)")
        }
        let count = tables.map(\.count).reduce(0, +)
        var copied = 0
        for table in tables {
          try target.copy(table, from: file) { rows in
            copied += rows
            progress(copied, count)
          }
        }
        for other in tablesBeside {
          try target.run(other.definition(named: other.nameInDatabase))
        }
        for other in others {
          let table = try SQLiteFile.read("\(folder)/\(other.file)") { file -> CopiedTable? in
            guard let table = try file.copiedTables().first(where: { $0.name == other.name }) else {
              return nil
            }
            let renamed = table.named(other.nameInDatabase)
            try target.copy(renamed, from: file) { _ in }
            return renamed
          }
          if let table { tables.append(table) }
        }
        return Dictionary(uniqueKeysWithValues: tables.map { ($0.nameInDatabase, $0.count) })
      }
    }
  }

  /// Reads the whole copy, and recomputes its chain.
  private func prove(_ target: MoveTarget) throws -> MovedJournal {
    var verifier = Verifier(service: service, checks: [service: checks], progress: { _, _ in })
    let (mark, rows) = try target.read { snapshot in
      try verifier.verify(snapshot)
      return (try snapshot.mark, try target.countAll())
    }
    if let finding = verifier.result.findings.first {
      throw unproved("\(finding.check): \(finding.problem)")
    }
    return MovedJournal(mark: mark, events: verifier.result.events, rows: rows, kept: [])
  }

  private func unproved(_ fault: String) -> JournalError {
    JournalError(
      .damaged, summary: "the copy of \(file) in \(address) is not right: \(fault)",
      remedy: ServiceJournal.isMissing(file)
        ? "The file is kept as \(file).moved. Report this fault."
        : "The file is unchanged, and \(service) may go on with it. Report this fault.")
  }
}

// MARK: The files

extension JournalMove {
  /// The files that are there: that of the journal first.
  private var files: [String] {
    ([file] + tablesBeside.map { "\(folder)/\($0.file)" })
      .filter { !ServiceJournal.isMissing($0) }
  }

  private func requireUnused(_ path: String) throws {
    guard SQLiteFile.fold(path), JournalFile.hasNoLog(path) else {
      throw JournalError(
        .busy, summary: "\(path) is in use by another program",
        remedy: "End that program, and run the command again; the file is unchanged.")
    }
  }

  /// Gives the files names under which no service finds them, that of the journal first: its name
  /// decides where the journal is.
  ///
  /// - Returns: the new paths.
  private func putAside() throws -> [String] {
    try files.map { path in
      let aside = JournalFile.free("\(path).moved")
      try requireUnused(path)
      for end in JournalFile.companions { unlink(path + end) }
      guard rename(path, aside) == 0 else {
        throw JournalFile.failure("\(path) cannot be renamed to \(aside)")
      }
      try JournalFile.sync(folder)
      return aside
    }
  }
}

extension JournalFile {
  /// Whether the write-ahead log of a database is empty or missing.
  fileprivate static func hasNoLog(_ path: String) -> Bool {
    var status = stat()
    return stat(path + "-wal", &status) != 0 || status.st_size == 0
  }
}
