// Overlord's JSON API: all events that were seen.

import Daemon
import Journal

extension OverlordRoom {
  static let api: [Route] = [
    .query("/api/events") { call, snapshot in
      try .list("events", try snapshot.events(call.eventFilter(), try call.page()))
    }
  ]
}
