import Daemon

struct DoorOpened: Event {
  static let schema = PayloadSchema("door.opened", version: 1, leastReader: 1)
  let door: String
  var subject: String { door }
}

@main enum Door: Room {
  static let name = "door"
  static let port = 3996
  static let publishes: [any Event.Type] = [DoorOpened.self]
  static let api: [Route] = [
    .command(.post, "/api/openings", body: DoorOpened.self) { opened, request, transaction in
      try transaction.emit(opened)
      return try .json(opened)
    }
  ]
}
