/// A table that a service keeps beside its journal, outside of the journal's transactions: in a file
/// of its own, or in the database of PostgreSQL that has the journal.
///
/// It is made where it is missing, and has no later steps: programs of all versions share it.
package struct TableBeside: Sendable {
  /// The name of the file in the service's folder of state.
  package let file: String
  /// The name of the table in the file.
  package let name: String
  /// The name of the table in the journal's database.
  package let nameInDatabase: String
  private let columns: String

  /// - Parameters:
  ///   - name: the name of the table in the file.
  ///   - file: the name of the file in the service's folder of state.
  ///   - nameInDatabase: its name among the tables of the journal.
  ///   - columns: the columns in portable SQL.
  package init(
    _ name: String, inFile file: String, nameInDatabase: String, columns: String
  ) {
    self.name = name
    self.file = file
    self.nameInDatabase = nameInDatabase
    self.columns = columns
  }

  /// The statement that makes a table of these columns where it is missing.
  package func definition(named name: String) -> SQL {
    SQL(stringLiteral: "CREATE TABLE IF NOT EXISTS \(name) (\(columns))")
  }
}
