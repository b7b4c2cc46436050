import Events
import Journal
import Runtime

/// Makes a journal, and commits a measurement and its event in one transaction.
func makeStation(in file: String, runtime: RuntimeContext) async throws -> ServiceJournal {
  let journal = try ServiceJournal(
    .file(file), of: "station",
    migrations: [Migration("station-1", sql: "CREATE TABLE measured (place TEXT, degrees BIGINT)")],
    runtime: runtime)
  let event = TemperatureMeasured(place: "harbour", degrees: 21)
  try await journal.write { transaction in
    try transaction.run("INSERT INTO measured VALUES (\(event.place), \(event.degrees))")
    try transaction.emit(event)
  }
  return journal
}
