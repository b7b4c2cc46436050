import ArgumentParser
import Daemon
import Events
import Journal
import Synchronization

/// `eventually move`: the journal of a service from its file to a database of PostgreSQL.
struct MoveCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "move",
    abstract: "Move a service's journal from its file to a database of PostgreSQL.",
    usage: "eventually move <service> --to <address> [<options>]",
    discussion: """
      The service must not run, and the database must be empty, in UTF-8 and with the collation C. \
      Everything is moved, with the history and its epoch, so that no follower notices: the log, \
      the cursors, the dead letters, the tables of the service, and the books of Charlie's \
      gateway.

      The file is checked first, as by `eventually verify`. Then all rows are copied in one \
      transaction, and the copy is read: it is checked in the same way, its chain is recomputed up \
      to the head, and the rows of each table are compared with those of the file by number and \
      digest. A fault names the table and the row. Only then is the file put aside, as journal.sqlite.moved, and the \
      database becomes the journal. A move that fails or is killed before leaves the file as it \
      was: run the command again. The service does not start on a database whose move is \
      unfinished.

      Of a service that this program does not know, the tables are made as the file has them: \
      columns are BIGINT, INTEGER, TEXT or BLOB, and there are no triggers or views. The rules of \
      its tables are not checked, and what it keeps in other files is not moved.

      The exit code is 0 when it is done; 64 for a service without a journal that this program does \
      not know; 69 when the server cannot be reached, or this user may not write in the state \
      folder; 78 when the service runs, when there is no journal, or when the database is not \
      empty or does not fit.

      EXAMPLES
        eventually move alpha --to postgresql://alpha@db.example/alpha
        sudo systemctl stop charlied && \\
          sudo -u eventually eventually move charlie --to postgresql:///charlie
      """)

  /// The tables of the services, by the service.
  static let designs = Mutex<[String: RoomDesign]>([:])

  @OptionGroup var options: JournalOptions

  @Option(help: ArgumentHelp("The empty database.", valueName: "address"))
  var to: String

  @Flag(help: "Print a JSON object on a line.")
  var json = false

  func perform() async throws {
    let place = options.place
    let design = try design(of: place)
    let address: PostgreSQLAddress
    do {
      address = try PostgreSQLAddress(to)
    } catch {
      throw Failure(.configuration, "the address of --to \(error).")
    }
    // A move that was killed may have put the file aside already.
    if place.database != address.description { try place.checkReadable() }
    let lock = try place.lock()
    let move = JournalMove(
      of: place.service, in: place.folder, to: address, migrations: design.migrations,
      tablesBeside: design.tablesBeside, checks: design.checks,
      takesFurtherTables: design.hasFurtherTables)
    let report: MoveReport
    do {
      report = MoveReport(try perform(move), address: to)
    } catch {
      throw Failure(moving: error)
    }
    giveToOwner(of: place.folder, move.markFile)
    _ = consume lock
    for line in json ? [report.jsonLine] : report.lines { Output.data.line(line) }
  }

  private func perform(_ move: JournalMove) throws -> MovedJournal {
    var shown = 0
    return try move.perform { copied, count in
      guard copied == count || copied >= shown + 10_000 else { return }
      shown = copied
      Output.notes.line("\(copied) of \(count) rows copied")
    }
  }

  private func design(of place: JournalPlace) throws(Failure) -> RoomDesign {
    let service = place.service
    let known = Self.designs.withLock(\.self)
    if let design = known[service] { return design }
    if place.database != nil || !ServiceJournal.isMissing(place.file) {
      Output.notes.line(
        """
        this program does not know \(service): its tables are made as the file has them, and what it \
        keeps in other files is not moved
        """)
      return .unknown
    }
    let names = known.keys.sorted()
    let near = service.nearest(of: names).map { " Did you mean \($0)?" } ?? ""
    throw Failure(
      .usage,
      """
      there is no journal \(place.file), and this program does not know \(service).\(near) It knows: \
      \(names.joined(separator: ", ")).
      """)
  }
}

extension Failure {
  /// For an error of a move.
  fileprivate init(moving error: any Error) {
    if let error = error as? JournalError, [.away, .noConnections].contains(error.code) {
      self.init(
        .unreachable,
        "\(error.summary). Start the server, or check the address and the network; nothing was changed."
      )
    } else {
      self.init(.configuration, "\(error)")
    }
  }
}
