// Charlie's metrics: the orders whose charge has no answer yet, and the calls to the gateway.

package import CoreMetrics
package import Daemon

extension CharlieRoom {
  package static let metrics = [ChargeAttempts.declaration]

  package static let gauges = [
    JournalGauge(
      "eventually_orders", labels: ["state"],
      help: "Orders in a state that is not their last, by the service that decides next."
    ) { snapshot, _ in
      [GaugeValue(try snapshot.pendingCharges(), labels: ["charging"])]
    },
    JournalGauge(
      "eventually_oldest_order_seconds", labels: ["state"],
      help: "The age of the oldest order in a state that is not its last; 0 without one."
    ) { snapshot, now in
      let age = try snapshot.oldestPendingCharge().map(now.since) ?? .zero
      return [GaugeValue(age / .seconds(1), labels: ["charging"])]
    },
  ]
}

extension Reader {
  fileprivate func pendingCharges() throws -> Int {
    try value(
      "SELECT count(*) AS value FROM charges WHERE state = \(Charge.State.intended)") ?? 0
  }

  fileprivate func oldestPendingCharge() throws -> Timestamp? {
    try row(
      "SELECT at AS value FROM charges WHERE state = \(Charge.State.intended) ORDER BY at LIMIT 1"
    )?.value("value")
  }
}

/// Counts the calls to the gateway that have ended.
package struct ChargeAttempts: Sendable {
  static let declaration = MetricDeclaration(
    "eventually_charge_attempts_total", kind: .counter, labels: ["outcome"],
    help: "Calls to the payment gateway that have ended: charged, declined, or failed.")

  private let charged: Counter
  private let declined: Counter
  private let failed: Counter

  /// Counts in a service's metrics; nowhere by default.
  package init(_ metrics: any MetricsFactory = NOOPMetricsHandler.instance) {
    func counter(_ outcome: String) -> Counter {
      Counter(
        label: Self.declaration.name, dimensions: [("outcome", outcome)], factory: metrics)
    }
    charged = counter("charged")
    declined = counter("declined")
    failed = counter("failed")
  }

  /// Counts a call, and returns it.
  func counted(_ ended: ChargingProcess.EndedCall) -> ChargingProcess.EndedCall {
    switch ended.answer {
    case .charged: charged.increment()
    case .declined: declined.increment()
    case nil: failed.increment()
    }
    return ended
  }
}
