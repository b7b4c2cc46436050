extension PostgreSQLAddress {
  /// Makes a database of this name on the server where there is none, as a journal needs it.
  ///
  /// - Parameter name: lower-case letters, digits and underscores.
  /// - Returns: its address.
  /// - Throws: ``JournalError``, for example where the user may not make databases.
  package func makeDatabase(_ name: String) throws -> PostgreSQLAddress {
    let address = try ofDatabase(name)
    let session = try PostgreSQLSession(to: self, settings: PostgreSQLSettings.reader)
    let isThere = try !session.rows("SELECT 1 FROM pg_database WHERE datname = \(name)").isEmpty
    if !isThere {
      try session.script(
        "CREATE DATABASE \"\(name)\" ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0")
    }
    return address
  }

  /// Removes a database of the server, and ends the sessions in it.
  package func removeDatabase(of address: PostgreSQLAddress) throws {
    let session = try PostgreSQLSession(to: self, settings: PostgreSQLSettings.reader)
    try session.script("DROP DATABASE IF EXISTS \"\(address.database)\" WITH (FORCE)")
  }
}
