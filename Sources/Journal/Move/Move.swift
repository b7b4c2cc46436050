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
  /// Whether further tables and their migrations are those that the file has.
  let takesFurtherTables: Bool

  /// - Parameters:
  ///   - service: the service, which does not run.
  ///   - folder: its folder of state.
  ///   - address: the empty database.
  ///   - migrations: the design of the tables that are not the journal's own.
  ///   - tablesBeside: the tables in other files of the folder.
  ///   - checks: the rules that the tables keep.
  ///   - takesFurtherTables: whether the file may have further tables and migrations, of a room that this
  ///     program does not know.
  package init(
    of service: String, in folder: String, to address: PostgreSQLAddress,
    migrations: [Migration], tablesBeside: [TableBeside] = [], checks: [JournalCheck] = [],
    takesFurtherTables: Bool = false
  ) {
    self.service = service
    self.folder = folder
    self.address = address
    self.migrations = migrations
    self.tablesBeside = tablesBeside
    self.checks = checks
    self.takesFurtherTables = takesFurtherTables
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
    try PostgreSQLEngine(PostgreSQLPlace(address)).migrate(before.migrations)
    let copied = try copyAll(to: target, progress: progress)
    var moved = try prove(target)
    for part in copied { try compare(part, in: target) }
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
    let head = try target.read { try $0.head() }
    // An earlier move may have left others.
    let isAside = JournalFile.taken("\(file).moved").contains { aside in
      (try? SQLiteFile.read(aside) { try Snapshot(connection: $0).head() }) == head
    }
    guard isAside else {
      throw JournalError(
        .damaged, summary: "\(file).moved is not there, or has another end than \(address)",
        remedy: "Put the journal's file back as \(file), and move it again; nothing was changed.")
    }
    var moved = try prove(target)
    moved.kept = try putAside()
    try target.end()
    return moved
  }

  /// What is found of a file before it is copied.
  private struct Inspected {
    let head: Head
    let lineage: [Lineage]
    /// The design of its tables.
    let migrations: [Migration]
  }

  /// Refuses a file that is no sound journal of this design.
  private func inspected() throws -> Inspected {
    try JournalFile.inspect(file, of: service)
    let verification = try ServiceJournal.verify(file, of: service, checks: [service: checks])
    if let finding = verification.findings.first {
      throw JournalError(
        .damaged, summary: "\(file) is not sound (\(finding.check): \(finding.problem))",
        remedy: "List all faults with: eventually verify \(service). Nothing was changed.")
    }
    return try SQLiteFile.read(file) { file in
      let known = journalMigrations + migrations
      let names = Set(try file.migrationNames())
      let rest = takesFurtherTables ? try file.migrations(besides: known) : []
      guard names == Set((known + rest).map(\.name)) else {
        throw JournalError(
          .newer, summary: "\(self.file) was written by another version of this program",
          remedy: """
            Start and stop \(service)d of this version once, or install the version that wrote it; \
            nothing was changed.
            """)
      }
      let snapshot = Snapshot(connection: file)
      return Inspected(
        head: try snapshot.head(), lineage: try snapshot.lineage(), migrations: known + rest)
    }
  }
}

// MARK: Copying and proving

extension JournalMove {
  /// A table that was copied, and its content in the file.
  private struct Copied {
    let table: CopiedTable
    /// The path of the file.
    let file: String
    let content: TableContent
  }

  /// Copies the rows of all tables in one transaction.
  private func copyAll(
    to target: MoveTarget, progress: @escaping (Int, Int) -> Void
  ) throws -> [Copied] {
    try SQLiteFile.read(file) { file in
      let tables = try file.copiedTables()
      return try target.write { target in
        let made = try target.tables().subtracting(PostgreSQLPlace.ownTables)
        let own = Set(tables.map(\.name))
        guard made == own else {
          let names = made.symmetricDifference(own).sorted().joined(separator: ", ")
          throw unproved("its tables are others than those of the file: \(names)")
        }
        let count = tables.map(\.count).reduce(0, +)
        var copied = 0
        let copies = try tables.map { table in
          let content = try target.copy(table, from: file) { rows in
            copied += rows
            progress(copied, count)
          }
          return Copied(table: table, file: self.file, content: content)
        }
        return try copies + tablesBeside.compactMap { try copy($0, to: target) }
      }
    }
  }

  /// Makes a table beside the journal in the database, and copies its rows; nil where there are none.
  private func copy(_ other: TableBeside, to target: PostgreSQLSession) throws -> Copied? {
    try target.run(other.definition(named: other.nameInDatabase))
    let path = "\(folder)/\(other.file)"
    guard !ServiceJournal.isMissing(path) else { return nil }
    return try SQLiteFile.read(path) { file in
      guard let table = try file.copiedTables().first(where: { $0.name == other.name }) else {
        return nil
      }
      let renamed = table.named(other.nameInDatabase)
      return Copied(
        table: renamed, file: path, content: try target.copy(renamed, from: file) { _ in })
    }
  }

  /// Reads a table in the database, and compares its content with that of the file.
  private func compare(_ copied: Copied, in target: MoveTarget) throws {
    try target.readSession { session in
      let found = try session.content(of: copied.table)
      guard found != copied.content else { return }
      let difference = try SQLiteFile.read(copied.file) {
        try session.difference(of: copied.table, from: $0)
      }
      throw unproved(
        """
        \(difference) is another there, where the table has \(found.count) rows, and \
        \(copied.content.count) were copied
        """)
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
