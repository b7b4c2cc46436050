import GRDB
import RoomTesting

/// A charge that stands in the gateway's own file.
struct Booked: Equatable {
  let key: String
  let attempts: Int
}

/// The charges that a gateway has answered, read from its file in a folder.
func gatewayBooks(in folder: TemporaryFolder) throws -> [Booked] {
  var configuration = Configuration()
  configuration.busyMode = .timeout(5)
  let file = try DatabaseQueue(path: folder.path + "/gateway.sqlite", configuration: configuration)
  return try file.read { database in
    try Row.fetchAll(
      database, sql: "SELECT key, attempts FROM charges WHERE answer IS NOT NULL ORDER BY key"
    ).map { Booked(key: $0["key"], attempts: $0["attempts"]) }
  }
}
