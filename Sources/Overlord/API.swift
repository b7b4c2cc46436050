// Overlord's JSON API: all events that were seen.

import Daemon
import Journal

extension OverlordRoom {
  static let api: [Route] = [
    .query(
      "/api/events", takes: ["request", "subject", "type", "stream"] + .oldestFirst
    ) { call, snapshot in
      try .list("events", try snapshot.events(call.eventFilter(), try call.page()))
    }
  ]
}
