/// The settings of a session that a journal needs, and those of a server that it checks.
enum PostgreSQLSettings {
  /// The first key of the advisory locks; the second is the schema.
  static let journalLock = 0x6576_6e74
  /// That of a replica's name, which is the second key.
  static let replicaLock = 0x6576_726e
  static let migrationLock = 0x6576_6d67

  /// Those of each session.
  ///
  /// A process that is stopped inside a transaction must not hold the journal's row for long, nor
  /// must a machine that is gone; work that is slow is not ended.
  private static let all = """
    SET statement_timeout = 0;
    SET idle_session_timeout = 0;
    SET idle_in_transaction_session_timeout = '10s';
    SET tcp_user_timeout = 10000;
    SET tcp_keepalives_idle = 5;
    SET tcp_keepalives_interval = 2;
    SET tcp_keepalives_count = 3;
    SET client_min_messages = warning;
    SET standard_conforming_strings = on;
    SET jit = off;
    """

  static let reader = all + "SET lock_timeout = '5s';"

  /// A commit is on disk when it returns: a role's or a database's weaker setting does not count.
  static let writer =
    reader + """
      SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
      WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false);
      """

  /// Refuses a standby, to which the last commits may not have come.
  static func requirePrimary(_ session: PostgreSQLSession) throws {
    let row = try session.rows("SELECT pg_is_in_recovery() AS standby").first
    guard try row?.value("standby") == false else {
      throw JournalError.readOnly(session.name, cause: nil)
    }
  }

  /// Refuses a server by which a journal would not be durable, or in another order.
  static func check(_ session: PostgreSQLSession) throws {
    try requirePrimary(session)
    let name = session.name
    let row = try session.rows(
      """
      SELECT current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS synchronous,
      current_setting('server_encoding') AS encoding,
      (SELECT string_agg(text, '' ORDER BY text) FROM
      (VALUES ('a'), ('B'), ('-'), ('1'), ('ab'), ('a-b'), ('é'), ('Z')) AS texts (text)) AS sorted
      """
    ).first
    guard let row else { return }
    func require(_ isRight: Bool, fault: String, remedy: String) throws {
      guard !isRight else { return }
      throw JournalError(.unsuitable, summary: "\(name) \(fault)", remedy: remedy)
    }
    try require(
      row.value("fsync") == "on", fault: "does not bring commits to the disk (fsync = off)",
      remedy: "Set fsync = on in the server's configuration: a power failure would lose commits.")
    try require(
      ["on", "remote_apply"].contains(row.value("synchronous", as: String.self)),
      fault: "does not take synchronous_commit = on", remedy: "Look at the settings of the user.")
    try require(
      row.value("encoding") == "UTF8", fault: "does not store text as UTF-8",
      remedy: "Make the database anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.")
    try require(
      row.value("sorted") == "-1BZaa-babé", fault: "sorts text by a language (its collation)",
      remedy: "Make the database anew: CREATE DATABASE … LOCALE 'C' TEMPLATE template0.")
  }
}
