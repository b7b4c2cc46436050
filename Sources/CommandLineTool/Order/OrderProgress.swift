/// Tells from what Alpha shows, look after look, which steps an order has taken since.
struct OrderProgress: Hashable, Sendable {
  private var hasReportedApproval = false
  private var hasReportedEnd = false

  /// How it ended; nil while it has not.
  private(set) var outcome: String?

  /// The steps that were not told yet, in their order.
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
  /// What it came to, from the state that says so on.
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
