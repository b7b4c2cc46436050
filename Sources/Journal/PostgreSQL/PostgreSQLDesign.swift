// The design of a database that several processes have open, some of which may be older.
//
// A process holds a lock for each step that it has, as long as it has the journal open. A step that
// not every older program may meet runs when each of those processes has the step of the oldest
// program that may. A process takes its locks and looks at the steps while no migration runs, at
// each connection: so none is open after a step that it may not meet, and no transaction has a
// statement more.

extension PostgreSQLSettings {
  /// The first key of the lock of a step; the second is the schema with the step.
  fileprivate static let stepLock = 0x6576_7374
}

extension PostgreSQLSession {
  /// The steps that the database has.
  func appliedSteps() throws -> AppliedSteps {
    let tables = try tables()
    return try AppliedSteps(
      names: tables.contains("eventually_migrations")
        ? rows("SELECT name FROM eventually_migrations") : [],
      marks: tables.contains(AppliedSteps.table) ? rows(AppliedSteps.marks) : [])
  }

  /// Refuses a database that a program may not use, since a newer one has changed it.
  ///
  /// - Parameter steps: those that the program has.
  func requireDesign(knownBy steps: [String]) throws {
    guard try appliedSteps().allow(programWith: Set(steps)) else {
      throw JournalError(
        .newer, summary: "\(name) was written by a newer version of this program",
        remedy: "Install that version; nothing was changed.")
    }
  }

  /// Does a part of a connection while no process runs migrations.
  ///
  /// After a failure the session is not to be used: it may still have the lock.
  func whileNoMigrationRuns(_ part: () throws -> Void) throws {
    let key = PostgreSQLSettings.migrationLock
    try run("SELECT pg_advisory_lock_shared(\(key), hashtext(current_schema()))")
    try part()
    try run("SELECT pg_advisory_unlock_shared(\(key), hashtext(current_schema()))")
    try settle()
  }

  /// Shows other processes the steps that this one has.
  func takeLocks(ofSteps steps: [String]) throws {
    let key = PostgreSQLSettings.stepLock
    for step in steps {
      try run(
        """
        SELECT pg_advisory_lock_shared(\(key),
        hashtext(CAST(current_schema() AS text) || CAST(\("/" + step) AS text)))
        """)
    }
  }

  /// Refuses to run steps while an older program has the journal open that may not meet them.
  func requireNoOlderProgram(beside steps: [Migration]) throws {
    for step in steps where !step.oldest.isEmpty {
      let older = try holders(
        of: (PostgreSQLSettings.journalLock, ""), lackingStep: step.oldest)
      guard !older.isEmpty else { continue }
      throw JournalError(
        .busy,
        summary: "\(name) is open in an older version: \(older.joined(separator: ", "))",
        remedy: """
          Stop that one: it does not know the tables after the step \(step.name). This start \
          continues then; nothing was changed. A session of a machine that is gone ends after a \
          quarter of a minute.
          """)
    }
  }

  /// The sessions that hold an advisory lock, in words.
  ///
  /// - Parameters:
  ///   - lock: its first key, and what follows the schema in its second one.
  ///   - step: only the sessions without the lock of this step; all where it is empty.
  func holders(of lock: (key: Int, suffix: String), lackingStep step: String = "") throws
    -> [String]
  {
    try rows(
      """
      SELECT activity.pid::bigint AS pid, coalesce(activity.application_name, '') AS program,
      coalesce(activity.client_addr::text, 'its own machine') AS client
      FROM pg_locks AS locks JOIN pg_stat_activity AS activity ON activity.pid = locks.pid
      WHERE locks.locktype = 'advisory' AND locks.granted AND locks.classid::bigint = \(lock.key)
      AND locks.objid::bigint
      = hashtext(CAST(current_schema() AS text) || CAST(\(lock.suffix) AS text))::bigint
      & 4294967295
      AND activity.datname = current_database()
      AND NOT EXISTS (SELECT 1 FROM pg_locks AS steps WHERE steps.pid = locks.pid
      AND steps.locktype = 'advisory' AND steps.granted
      AND steps.classid::bigint = \(PostgreSQLSettings.stepLock)
      AND steps.objid::bigint
      = hashtext(CAST(current_schema() AS text) || CAST(\("/" + step) AS text))::bigint
      & 4294967295)
      ORDER BY activity.pid
      """
    ).map { row in
      let session: Int64 = try row.value("pid")
      let client: String = try row.value("client")
      let program: String = try row.value("program")
      return "the server's session \(session) from \(client)"
        + (program.isEmpty ? "" : " (\(program))")
    }
  }
}
