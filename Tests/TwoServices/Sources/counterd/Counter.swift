import Daemon

struct DoorOpened: Event {
  static let schema = PayloadSchema("door.opened", version: 1, leastReader: 1)
  let door: String
  var subject: String { door }
}

@main enum Counter: Room {
  static let name = "counter"
  static let port = 3997
  static let migrations = [Migration("counter-1", sql: "CREATE TABLE openings (door TEXT)")]
  static let reactions: Reactions = [
    .on(DoorOpened.self, from: "door") { opened, transaction in
      try transaction.run("INSERT INTO openings VALUES (\(opened.data.door))")
      return .done
    }
  ]
  static let api: [Route] = [
    .query("/api/openings") { _, snapshot in
      try .json(try snapshot.value("SELECT count(*) AS value FROM openings", as: Int.self))
    }
  ]
}
