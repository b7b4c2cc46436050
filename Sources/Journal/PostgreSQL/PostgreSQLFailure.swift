import Events

// PostgreSQL's errors in the journal's terms. Nothing outside this file reads the codes of SQLSTATE.

/// An error of PostgreSQL, or of the connection to it, without the statement that met it.
struct PostgreSQLFailure: Error, CustomStringConvertible {
  /// The code of SQLSTATE; nil for a failure of the connection that the server did not report.
  let state: String?
  /// The sentence of the server or the library.
  let message: String
  /// Whether the connection has ended with it.
  let ends: Bool
  var table: String?
  var column: String?
  /// The name of the broken rule.
  var rule: String?
  /// The function of the server that reports it.
  var source: String?

  /// Whether a prepared statement does not fit its tables any more: its session is then over.
  var isOfPlan: Bool { state == "26000" || state == "0A000" && source == "RevalidateCachedQuery" }

  /// For example `PostgreSQL error 53100`.
  var description: String { state.map { "PostgreSQL error \($0)" } ?? message }
}

extension PostgreSQLFailure {
  /// The failure of a connection that was not made, or has ended, from the library's message.
  ///
  /// A refusal of the server has its code in the message: `FATAL:  28P01: password …`.
  init(connecting text: String) {
    let lines = text.split(whereSeparator: \.isNewline)
    // Of several hosts, the last that refused.
    let pattern = #/\b[A-Z]+: +([0-9A-Z]{5}): (.*)$/#
    let refusal = lines.reversed().lazy.compactMap { $0.firstMatch(of: pattern) }.first
    state = refusal.map { String($0.output.1) }
    message = refusal.map { String($0.output.2) } ?? lines.first.map(String.init) ?? "no reason"
    ends = true
  }
}

extension JournalError {
  /// A failure of PostgreSQL itself, in a sentence that names the database; nil for an error of the
  /// work.
  ///
  /// - Parameter name: the database.
  static func ofPostgreSQL(_ failure: PostgreSQLFailure, at name: String) -> JournalError? {
    guard let state = failure.state else { return gone(name, cause: failure) }
    return switch state {
    case "53300", "53400": noConnections(name, cause: failure)
    case "53100": full(name, cause: failure)
    case "53200", "53000":
      JournalError(
        .noMemory, summary: "the server of \(name) has no memory",
        remedy: "Free memory on its machine. The service tries again by itself.", cause: failure)
    case "55P03", "57014": held(name, cause: failure)
    case _ where state.hasPrefix("40"): held(name, cause: failure)
    case "25006": readOnly(name, cause: failure)
    case "42501", "3D000": refused(name, cause: failure)
    case _ where state.hasPrefix("28"): refused(name, cause: failure)
    // A newer program has changed a table, or a pool of connections forgets statements.
    case "0A000" where failure.isOfPlan, "26000": held(name, cause: failure)
    case "XX001", "XX002":
      JournalError(
        .damaged, summary: "\(name) is damaged (\(failure))",
        remedy: "Check the server's disk and its log, and restore the database from a backup.",
        cause: failure)
    case _ where state.hasPrefix("58"):
      JournalError(
        .disk, summary: "the disk of \(name) reports an error (\(failure))",
        remedy: "Check the server's disk and its log. The service tries again by itself.",
        cause: failure)
    case _ where failure.ends || state.hasPrefix("08") || state.hasPrefix("57"):
      gone(name, cause: failure)
    default: nil
    }
  }

  /// An error of one statement in words without SQL.
  ///
  /// - Parameter name: the database.
  static func ofStatement(_ failure: PostgreSQLFailure, at name: String) -> JournalError {
    if let error = ofPostgreSQL(failure, at: name) { return error }
    let place = failure.column.map { column in
      "the column \(failure.table.map { "\($0).\(column)" } ?? column)"
    }
    return switch failure.state?.prefix(2) {
    case "23":
      JournalError(.constraint, summary: failure.brokenRule(of: place), cause: failure)
    case "22":
      JournalError(
        .constraint, summary: "a value has another type than its column stores", cause: failure)
    case "54":
      JournalError(
        .constraint, summary: "a value is larger than the database stores", cause: failure)
    default:
      JournalError(
        .statement, summary: "the database refused a statement (\(failure))", cause: failure)
    }
  }

  /// The failure of a server that cannot be reached, or has ended the connection.
  private static func gone(_ name: String, cause: PostgreSQLFailure) -> JournalError {
    JournalError(
      .away, summary: "\(name) cannot be reached (\(cause.message))",
      remedy: "Start the server, or check the network. The service connects again by itself.",
      cause: cause)
  }

  private static func noConnections(_ name: String, cause: PostgreSQLFailure) -> JournalError {
    JournalError(
      .noConnections, summary: "\(name) has no connection left (\(cause.message))",
      remedy: """
        Raise max_connections of the server, or the limit of the user: a process needs up to \
        \(PostgreSQLReaders.limit + 3). It tries again by itself.
        """, cause: cause)
  }

  private static func held(_ name: String, cause: PostgreSQLFailure) -> JournalError {
    JournalError(
      .busy, summary: "\(name) is locked by another session (\(cause))",
      remedy: "The service continues when the lock is released: SELECT * FROM pg_stat_activity.",
      cause: cause)
  }

  private static func full(_ name: String, cause: PostgreSQLFailure) -> JournalError {
    JournalError(
      .full, summary: "the disk of the server of \(name) is full",
      remedy: "Make space there. The service continues by itself.", cause: cause)
  }

  /// The failure of a database that takes no writes.
  static func readOnly(_ name: String, cause: (any Error)?) -> JournalError {
    JournalError(
      .readOnly, summary: "\(name) is read-only: a standby, or set so",
      remedy: """
        Name the primary, or promote the standby; several hosts with \
        target_session_attrs=read-write find it. The service tries again by itself.
        """, cause: cause)
  }

  private static func refused(_ name: String, cause: PostgreSQLFailure) -> JournalError {
    JournalError(
      .unreachable, summary: "\(name) refuses this service (\(cause.message))",
      remedy: """
        Make the user and the database, with the user as its owner: CREATE ROLE … LOGIN; \
        CREATE DATABASE … OWNER … LOCALE 'C' TEMPLATE template0. A password belongs into the \
        file that PGPASSFILE names.
        """, cause: cause)
  }
}

extension PostgreSQLFailure {
  /// The sentence for a broken rule.
  ///
  /// - Parameter place: the column, where the server names it.
  fileprivate func brokenRule(of place: String?) -> String {
    let place = place ?? table.map { "a column of \($0)" } ?? "a column"
    return switch state {
    case "23505": "\(place) has this value in another row, and must be unique\(named)"
    case "23502": "\(place) has no value, and requires one"
    case "23503": "a value refers to a row that does not exist"
    default: "a value breaks a rule of its table\(named)"
    }
  }

  private var named: String { rule.map { " (\($0))" } ?? "" }
}
