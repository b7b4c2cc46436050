/// Finds the steps that an order has taken since the last look, by Alpha's view of it.
struct OrderProgress: Hashable, Sendable {
  private var hasReportedApproval = false
  private var hasReportedEnd = false

  /// The outcome; nil before the end.
  private(set) var outcome: String?

  /// The steps that are not reported yet, in order.
  mutating func sees(_ order: OrderView) -> [OrderStep] {
    let end = order.end
    var steps: [OrderStep] = []
    if order.state != "captured", end != "rejected", !hasReportedApproval {
      hasReportedApproval = true
      steps.append(.approved(total: order.total))
    }
    if let end, !hasReportedEnd, let step = order.step(at: end) {
      hasReportedEnd = true
      steps.append(step)
    }
    if order.state == "finalized" { outcome = end }
    return steps
  }
}

extension OrderView {
  /// The outcome, from the state that determines it on.
  fileprivate var end: String? {
    switch state {
    case "charged", "declined", "rejected": state
    case "finalized": outcome
    default: nil
    }
  }

  fileprivate func step(at end: String) -> OrderStep? {
    switch end {
    case "charged": .charged(total: total)
    case "declined": .declined(reason: reason)
    case "rejected": .rejected(reason: reason)
    default: nil
    }
  }
}
