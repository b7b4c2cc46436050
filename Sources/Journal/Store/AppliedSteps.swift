/// The steps of a database's design that have run, and the oldest program that each allows.
struct AppliedSteps {
  let names: Set<String>
  /// As ``Migration/oldest``, for the steps that name an older program.
  private let oldest: [String: String]

  /// The table of the steps that name an older program; missing where none does.
  static let table = "eventually_steps"

  /// The content of the table.
  static let marks: SQL = "SELECT name, oldest FROM eventually_steps"

  /// The statements that store the oldest program of a step.
  static func mark(_ step: String, oldest: String) -> String {
    let values = [step, oldest].map { "'\($0.replacing("'", with: "''"))'" }
    return """
      CREATE TABLE IF NOT EXISTS eventually_steps (name TEXT PRIMARY KEY, oldest TEXT NOT NULL);
      INSERT INTO eventually_steps (name, oldest) VALUES (\(values.joined(separator: ", ")));
      """
  }

  /// - Parameters:
  ///   - names: the rows of the engine's own table of steps, with their `name`.
  ///   - marks: the rows of ``table``; none where it is missing.
  init(names: [Row], marks: [Row]) throws {
    self.names = Set(try names.map { try $0.value("name") })
    oldest = try Dictionary(
      marks.map { (try $0.value("name"), try $0.value("oldest")) }, uniquingKeysWith: { $1 })
  }

  /// The older programs that a step allows.
  func programs(beside step: String) -> Migration.OlderPrograms {
    guard let first = oldest[step] else { return .none }
    return first.isEmpty ? .all : .since(first)
  }

  /// Whether a program may use the database: each step that it does not have allows it.
  ///
  /// - Parameter known: the steps that the program has.
  func allow(programWith known: Set<String>) -> Bool {
    names.subtracting(known).allSatisfy { step in
      let first = oldest[step] ?? step
      return first.isEmpty || known.contains(first)
    }
  }
}
