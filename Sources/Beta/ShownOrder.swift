// An order in words, as a customer reads about it: where it is, and what it came to.

import Daemon
import Schema

extension PlacedOrder {
  /// The title of a page about the order.
  var title: String {
    switch order.outcome {
    case nil: isApproved ? "Order approved" : "Order in flight"
    case .charged: total.map { "Charged \($0.shown)" } ?? "Charged"
    case .declined: "Declined"
    case .rejected: "Rejected"
    }
  }

  /// The state of the order as a sentence, to be announced.
  var news: String {
    let state = "\(title): \(order.product)."
    switch order.outcome {
    case nil: return isApproved ? state + " The payment is pending." : state
    case .charged, .declined: return "\(state) \(outcome)"
    case .rejected: return "\(state) \(outcome)" + (order.rejection.map { " Reason: \($0)" } ?? "")
    }
  }

  /// The word for the state of the order, in a list.
  var state: String { order.outcome?.rawValue ?? (isApproved ? "approved" : "in flight") }

  var tone: String { order.outcome?.tone ?? "wait" }

  /// An outcome shows that the order was approved, also one of which no approval was kept.
  private var isApproved: Bool {
    switch order.outcome {
    case nil: order.approvedAt != nil
    case .charged, .declined: true
    case .rejected: false
    }
  }

  /// What was paid, or that nothing was.
  private var outcome: String {
    switch order.outcome {
    case nil: total?.shown ?? "\(order.price.shown) before fee and discount"
    case .charged: total.map { "You paid \($0.shown)." } ?? "You paid the total that Alpha priced."
    case .declined: "Nothing was paid: the payment was declined."
    case .rejected: "Nothing was paid: the order was rejected."
    }
  }

  /// The order, with the way that it has come.
  var progress: [String: Any] {
    var values: [String: Any] = [
      "full": order.id, "shown": ShownIdentifier(order.id), "product": order.product,
      "price": order.price.shown, "outcome": outcome, "tone": tone,
      "isInFlight": order.outcome == nil, "capturedAt": order.capturedAt,
      "steps": [
        Step(name: "captured", kind: "done", title: "Captured", detail: "Beta has your order"),
        decision, payment,
      ],
    ]
    values["reason"] = order.rejection
    return values
  }

  private var decision: Step {
    if order.outcome == .rejected {
      return Step(name: "approved", kind: "ended", title: "Rejected", detail: "by Alpha")
    }
    return isApproved
      ? Step(
        name: "approved", kind: "done", title: "Approved", detail: "by Alpha", at: order.approvedAt)
      : Step(name: "approved", kind: "now", title: "Approval", detail: "waiting for approval")
  }

  private var payment: Step {
    switch order.outcome {
    case nil:
      Step(name: "charged", kind: isApproved ? "now" : "", title: "Payment", detail: "pending")
    case .charged:
      Step(
        name: "charged", kind: "done", title: "Charged",
        detail: total?.shown ?? "the total that Alpha priced")
    case .declined:
      Step(name: "charged", kind: "ended", title: "Declined", detail: "nothing was paid")
    case .rejected:
      Step(name: "charged", kind: "", title: "Not charged", detail: "nothing was paid")
    }
  }
}

/// A step of an order's way, of the style `done`, `now` or `ended`; of none before its turn.
private struct Step {
  let name: String
  let kind: String
  let title: String
  let detail: String
  var at: Timestamp?
}

extension OrderFinalized.Outcome {
  /// The style of a state that this is.
  fileprivate var tone: String { self == .charged ? "good" : "bad" }
}
