// The forms that decide about orders, one or several, and the sentence about what was decided.

import Daemon
import Schema

extension AlphaPages {
  /// The forms that decide about orders, each in one transaction.
  var decisionForms: [Route] {
    Self.decisions.map { form in
      form.showingRefusals { problem, request, snapshot in
        try refusal(of: RefusedForm(problem, of: request, in: snapshot), to: request, in: snapshot)
      }
    }
  }

  private static var decisions: [Route] {
    [
      .form(
        "/orders/:id/approve", creates: false, body: DecisionForm.self
      ) { form, request, transaction in
        let order = try transaction.approveOrder(try request.identifier("id"))
        return form.confirming(.approved, of: [order.id]).continuing(order.requestId)
      },
      .form(
        "/orders/:id/reject", creates: false, body: DecisionForm.self
      ) { form, request, transaction in
        let order = try transaction.rejectOrder(
          try request.identifier("id"), because: form.reason)
        return form.confirming(.rejected, of: [order.id]).continuing(order.requestId)
      },
      .form("/orders/approve", creates: false, body: DecisionForm.self) { form, _, transaction in
        try transaction.approveOrders(try form.selection)
        return form.confirming(.approved, of: form.selected)
      },
      .form("/orders/reject", creates: false, body: DecisionForm.self) { form, _, transaction in
        try transaction.rejectOrders(try form.selection, because: form.reason)
        return form.confirming(.rejected, of: form.selected)
      },
    ]
  }

  /// The page of a refused decision, again.
  private func refusal(
    of refused: RefusedForm, to request: Request, in snapshot: Snapshot
  ) throws -> Response {
    switch (refused.origin, refused.order) {
    case ("pane", _):
      return try look.html(try panePage(request, in: snapshot, refused: refused))
    case ("order", let id?):
      return try look.html(try orderPage(of: id, request, in: snapshot, refused: refused))
    default:
      return try look.html(try ordersPage(request, in: snapshot, refused: refused))
    }
  }
}

/// A decision about an order, or about the selected ones.
private struct DecisionForm: Decodable {
  /// The most orders that one form decides about.
  static let limit = 100

  /// The selected orders, oldest first; a box is named `order-` and the order's id.
  let selected: [Identifier]
  let reason: String
  /// The page that the form is on; empty for the list of orders.
  private let from: String
  /// The state that the list was filtered by.
  private let state: Order.StateName?

  init(from decoder: any Decoder) throws {
    let fields = try [String: String](from: decoder)
    selected = fields.keys.selectedOrders.sorted { $0.description < $1.description }
    reason = fields["reason"] ?? ""
    from = fields["from"] ?? ""
    state = fields["state"].flatMap(Order.StateName.init)
  }

  /// The selected orders, at least one.
  var selection: [Identifier] {
    get throws(Problem) {
      guard !selected.isEmpty else {
        throw .invalid(
          "orders", detail: "No order is selected.", remedy: "Select one or more, and send again.")
      }
      guard selected.count <= Self.limit else {
        throw .invalid(
          "orders", detail: "\(selected.count) orders are selected.",
          remedy: "Select at most \(Self.limit) at once.")
      }
      return selected
    }
  }

  /// Leads back to the page of the form, which confirms the decision.
  func confirming(_ decision: Order.Decision, of orders: [Identifier]) -> Response {
    let done = "done=\(Decisions(decision: decision, orders: orders))"
    switch (from, orders.first) {
    case ("pane", _): return .seeOther("/pane?\(done)")
    case ("order", let id?): return .seeOther("/orders/\(id)?\(done)")
    default: return .seeOther("/?" + (state.map { "state=\($0.rawValue)&" } ?? "") + done)
    }
  }
}

extension Sequence<String> {
  /// The orders whose boxes are among the fields of a form.
  var selectedOrders: [Identifier] {
    compactMap { name in
      name.hasPrefix("order-") ? Identifier(String(name.dropFirst("order-".count))) : nil
    }
  }
}

/// The decisions that a form made, as the address of the next page names them.
///
/// The address says which orders to look at. The sentence comes from their states.
struct Decisions {
  let decision: Order.Decision
  let orders: [Identifier]
}

extension Decisions: LosslessStringConvertible {
  /// `approved:` and the ids, with commas between.
  var description: String {
    "\(decision.rawValue):" + orders.map(\.description).joined(separator: ",")
  }

  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard let word = parts.first, let decision = Order.Decision(rawValue: String(word)) else {
      return nil
    }
    self.decision = decision
    orders = parts.dropFirst().flatMap { $0.split(separator: ",") }.prefix(DecisionForm.limit)
      .compactMap { Identifier(String($0)) }
  }
}

extension Decisions {
  /// The sentence about these orders; nil where none of them is decided.
  func notice(_ snapshot: Snapshot) throws -> Notice? {
    let decided = try orders.compactMap { try snapshot.order($0) }.filter { $0.decision != nil }
    let those = decided.filter { $0.decision == decision }
    let others = decided.count - those.count
    guard !decided.isEmpty else { return nil }
    let other: Order.Decision = decision == .approved ? .rejected : .approved
    var sentences: [String] = []
    if !those.isEmpty {
      sentences.append("\(decision.rawValue.capitalizedFirst): \(Self.words(those)).")
    }
    if others > 0 {
      let was = others == 1 ? "was" : "were"
      let stays = others == 1 ? "stays" : "stay"
      let word = other.rawValue
      sentences.append("\(others.counted("order")) \(was) \(word) before, and \(stays) \(word).")
    }
    return Notice(
      text: sentences.joined(separator: " "), kind: those.isEmpty ? "wait" : "good")
  }

  /// One order by its product, several by their number, with the total.
  private static func words(_ orders: [Order]) -> String {
    if orders.count == 1, let order = orders.first {
      return "“\(order.product)” for \(order.total.shown)"
    }
    let sum = orders.dropFirst().reduce(orders.first?.total) { try? $0?.adding($1.total) }
    return orders.count.counted("order") + (sum.map { ", \($0.shown) in all" } ?? "")
  }
}

extension String {
  /// The same text, its first letter a capital.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
