// An order as the pages show it.

import Daemon
import Schema

/// An order in a list.
struct OrderRow {
  let id: Identifier
  let shown: ShownIdentifier
  let product: String
  let total: String
  /// The parts of the total in short.
  let parts: String
  let state: ShownState
  let reason: String?
  let capturedAt: Timestamp
  /// The key that selects it: those of the first nine are their places.
  var key: String?
  var isSelected = false
  /// What was typed as the reason of its rejection, and what is wrong with it.
  var typedReason = ""
  var error: String?

  init(_ order: Order) {
    id = order.id
    shown = ShownIdentifier(order.id)
    product = order.product
    total = order.total.shown
    parts = order.parts
    state = ShownState(order)
    reason = order.reason
    capturedAt = order.capturedAt
  }

  /// An order of the queue, at its place.
  init(waiting order: Order, place: Int, refused: RefusedForm?) {
    self.init(order)
    key = place < 9 ? String(place + 1) : nil
    isSelected = refused?.typed["order-\(id)"] != nil
    if let refused, refused.order == id {
      typedReason = refused.typed["reason"] ?? ""
      error = refused.detail
    }
  }
}

/// The state of an order: its word, and the class that gives it a sign.
struct ShownState {
  let word: String
  let kind: String
  /// A sentence about it.
  let sentence: String

  init(_ order: Order) {
    let total = order.total.shown
    self =
      switch order.state {
      case .captured: ShownState("waiting", kind: "wait", sentence: "\(total) waits for a decision")
      case .approved: ShownState("in flight", kind: "wait", sentence: "\(total) is being charged")
      case .finalized(.charged):
        ShownState("charged", kind: "good", sentence: "\(total) was charged")
      case .finalized(.declined):
        ShownState("declined", kind: "bad", sentence: "Declined: nothing was charged")
      case .finalized(.rejected):
        ShownState("rejected", kind: "bad", sentence: "Rejected: nothing was charged")
      }
  }

  private init(_ word: String, kind: String, sentence: String) {
    self.word = word
    self.kind = kind
    self.sentence = sentence
  }
}

extension Order {
  /// `price 10.00 + fee 25.00 − discount 5.00`; a part that is zero is left out.
  fileprivate var parts: String {
    let terms = [
      "price \(price.shownDecimal)", fee.amount == 0 ? nil : "+ fee \(fee.shownDecimal)",
      discount.amount == 0 ? nil : "− discount \(discount.shownDecimal)",
    ]
    return terms.compactMap(\.self).joined(separator: " ")
  }
}
