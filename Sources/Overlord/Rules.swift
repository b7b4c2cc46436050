// Overlord watches and decides nothing. Its only rule is which events somebody asks for.

import Daemon
import Events

extension Call {
  /// The filter in the query.
  func eventFilter() -> EventFilter {
    func given(_ name: String) -> String? {
      query[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    return EventFilter(
      request: given("request"), subject: given("subject"), type: given("type"),
      stream: given("stream"))
  }
}
