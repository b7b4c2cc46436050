// Alpha's metrics: the orders that are not finalized. The finalized ones are in the count of
// published events, and are not counted here: there are ever more of them.

package import Daemon

extension AlphaRoom {
  package static let gauges = [
    JournalGauge(
      "eventually_orders", labels: ["state"],
      help: "Orders in a state that is not their last, by the service that decides next."
    ) { snapshot, _ in
      try Order.StateName.open.map { state in
        GaugeValue(try snapshot.orderCount(in: state), labels: [state.rawValue])
      }
    },
    JournalGauge(
      "eventually_oldest_order_seconds", labels: ["state"],
      help: "The age of the oldest order in a state that is not its last; 0 without one."
    ) { snapshot, now in
      try Order.StateName.open.map { state in
        let age = try snapshot.oldestOrder(in: state).map(now.since) ?? .zero
        return GaugeValue(age / .seconds(1), labels: [state.rawValue])
      }
    },
  ]
}

extension Order.StateName {
  /// The states that are not the last of an order.
  fileprivate static let open: [Self] = [.captured, .approved]
}

extension Reader {
  /// The number of the orders in a state, from its index.
  func orderCount(in state: Order.StateName) throws -> Int {
    try value("SELECT count(*) AS value FROM orders WHERE state = \(state)") ?? 0
  }

  /// Since when the first of the orders in a state has been in it; the index finds those that are.
  fileprivate func oldestOrder(in state: Order.StateName) throws -> Timestamp? {
    try value(
      "SELECT updated_at AS value FROM orders WHERE state = \(state) ORDER BY updated_at LIMIT 1")
  }
}
