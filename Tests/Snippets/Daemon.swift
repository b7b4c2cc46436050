import Daemon

/// A service with one command, which emits an event; its program is `await Station.main()`.
enum Station: Room {
  static let name = "station"
  static let port = 3996
  static let publishes: [any Event.Type] = [TemperatureMeasured.self]
  static let api: [Route] = [
    .command(.post, "/api/temperatures", body: TemperatureMeasured.self) {
      event, request, transaction in
      try transaction.emit(event)
      return try .json(event)
    }
  ]
}
