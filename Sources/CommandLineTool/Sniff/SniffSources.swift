/// The endpoints of a sniffer: the events that it receives, and the logs that it reads.
struct SniffSources: Hashable, Sendable {
  /// PUB/SUB endpoints.
  let events: [String]
  /// Endpoints of logs.
  let logs: [String]

  /// The named endpoints; without them, those of the services in a run directory.
  init(run: String, services: [String], events: [String] = [], logs: [String] = []) {
    let byName = events.isEmpty && logs.isEmpty
    self.events = byName ? services.map { "ipc://\(run)/\($0).events" } : events
    self.logs = byName ? services.map { "ipc://\(run)/\($0).log" } : logs
  }
}

extension SniffSources {
  /// The endpoints of events that are not there yet.
  ///
  /// - Parameter all: whether the logs are read too.
  /// - Throws: 69 for a socket that this user may not use, or that is none.
  func missing(all: Bool) throws(Failure) -> [String] {
    for endpoint in all ? events + logs : events { try SocketPlace(endpoint)?.check() }
    return events.filter { SocketPlace($0)?.finding == .missing }
  }
}
