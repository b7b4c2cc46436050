package import Runtime

extension ServiceJournal {
  /// Keeps a journal in PostgreSQL as it is, and begins a new history at its end: after the
  /// database was restored, or where it has lost a part of its history.
  ///
  /// No service may have the journal open.
  ///
  /// - Parameters:
  ///   - address: the database.
  ///   - service: the service to which the journal must belong.
  ///   - runtime: for the number of the new history.
  ///   - checks: the rules that tables beside the journal keep with it.
  /// - Throws: ``JournalError`` that names the database and the remedy.
  package static func accept(
    _ address: PostgreSQLAddress, of service: String, runtime: RuntimeContext,
    checks: [JournalCheck] = []
  ) throws -> Acceptance {
    let place = Place.postgreSQL(PostgreSQLPlace(address))
    try place.inspect(for: service, nil)
    let engine = try place.open()
    defer { try? engine.close() }
    do {
      let (mark, consumers, finding) = try engine.read { connection in
        let snapshot = Snapshot(connection: connection)
        for problem in try checks.flatMap({ try $0.findings(snapshot) }) {
          throw JournalError(
            .damaged,
            summary: "the journal and the tables beside it in \(address) are not of one state",
            remedy: "\(problem). Nothing was changed.")
        }
        return (try snapshot.mark, try snapshot.consumers(), try snapshot.head().lost)
      }
      let history = try beginHistory(place, of: service, runtime: runtime)
      return Acceptance(mark: mark, history: history, finding: finding, consumers: consumers)
    } catch let error as JournalError where error.isOfTheWork {
      throw JournalError(
        .notADatabase, summary: "\(address) holds no journal of \(service); nothing was changed.",
        cause: error)
    }
  }
}
