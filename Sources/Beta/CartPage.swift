// The page of a cart: the progress and the outcome of its order, and the order form with what the
// order will cost.

import Daemon
import Schema

/// What a person has typed into the order form, and the quote that the form has shown them.
struct Draft {
  /// The query parameters in which a page takes it; `from` is a field of the pane's form.
  static let parameters = ["product", "price", "quoteId", "from"]

  let product: String
  let price: String
  let quoteId: Identifier?

  init(_ fields: [String: String]) {
    product = fields["product"] ?? ""
    price = fields["price"] ?? ""
    quoteId = fields["quoteId"].flatMap { Identifier($0) }
  }
}

/// A cart as its page or the pane shows it.
struct CartPage {
  let cart: Cart
  let draft: Draft
  /// The refusal of the form that was sent; nil without one.
  let problem: Problem?
  let place: Place

  func page(in snapshot: Snapshot) throws -> WebPage {
    let placed = try snapshot.placedOrders(of: cart.id, limit: 1).first
    var values: [String: Any] = [
      "cartId": cart.id, "cart": ShownIdentifier(cart.id), "isPane": place == .pane,
    ]
    values["order"] = placed?.progress
    var news = placed?.news ?? ""
    if cart.state == .open {
      let form = ShownForm(
        quote: try quote(in: snapshot), settings: try snapshot.currentSettings(), draft: draft,
        problem: problem)
      values["form"] = form.values(afterOrder: placed != nil)
      if let change = form.change { news += (news.isEmpty ? "" : " ") + change.claim }
    }
    if let problem, problem.field.map({ !["product", "price"].contains($0) }) ?? true {
      values["refusal"] = ["detail": problem.detail, "remedy": remedy(for: problem)]
    }
    var page = try WebPage(
      "cart", title: placed?.title ?? "Your order", values: values, in: snapshot)
    page.news = news
    page.reloads = cart.state == .inFlight
    page.isPane = place == .pane
    return page
  }

  /// The quote that the form shows: the one that it has shown, while an order can be placed by it.
  private func quote(in reader: some Reader) throws -> Quote {
    guard let id = draft.quoteId, let known = try reader.quote(id), known.cartId == cart.id,
      known.orderId == nil, known.quote.promised == cart.quote.promised
    else { return cart.quote }
    return known.quote
  }

  /// A remedy on this page, where the API's names a call.
  private func remedy(for problem: Problem) -> String {
    guard problem.field == "quoteId" else { return problem.remedy }
    return "The form below has a new quote: check the total, and order once more."
  }
}

// MARK: An order, in words

extension PlacedOrder {
  /// The title of a page about the order.
  var title: String {
    switch order.outcome {
    case nil: "Order in flight"
    case .charged: total.map { "Charged \($0)" } ?? "Charged"
    case .declined: "Declined"
    case .rejected: "Rejected"
    }
  }

  /// The state of the order as a sentence, to be announced.
  var news: String {
    switch order.outcome {
    case nil: "Order in flight: \(order.product)."
    default: "\(title): \(order.product). \(outcome)"
    }
  }

  /// What was paid, or why nothing was.
  private var outcome: String {
    switch order.outcome {
    case nil: total?.formatted ?? "\(order.price) before fee and discount"
    case .charged: total.map { "You paid \($0)." } ?? "You paid the total that Alpha priced."
    case .declined: "Nothing was paid: the payment was declined."
    case .rejected: "Nothing was paid: the order was rejected before the payment."
    }
  }

  fileprivate var progress: [String: Any] {
    [
      "full": order.id, "shown": ShownIdentifier(order.id), "product": order.product,
      "price": order.price, "outcome": outcome, "tone": order.outcome?.tone ?? "wait",
      "isInFlight": order.outcome == nil, "steps": steps, "capturedAt": order.capturedAt,
    ]
  }

  /// The way of the order as far as Beta knows it: Alpha's approval alone is no news at Beta.
  private var steps: [Step] {
    let captured = Step(
      name: "captured", kind: "done", title: "Captured", detail: "Beta has your order")
    switch order.outcome {
    case nil:
      return [
        captured,
        Step(name: "approved", kind: "now", title: "Approval", detail: "waiting for approval"),
        Step(name: "charged", kind: "", title: "Payment", detail: "pending"),
      ]
    case .charged:
      return [
        captured,
        Step(name: "approved", kind: "done", title: "Approved", detail: "by Alpha"),
        Step(
          name: "charged", kind: "done", title: "Charged",
          detail: total?.formatted ?? "the total that Alpha priced"),
      ]
    case .declined:
      return [
        captured,
        Step(name: "approved", kind: "done", title: "Approved", detail: "by Alpha"),
        Step(name: "charged", kind: "ended", title: "Declined", detail: "nothing was paid"),
      ]
    case .rejected:
      return [
        captured,
        Step(name: "approved", kind: "ended", title: "Rejected", detail: "by Alpha"),
        Step(name: "charged", kind: "", title: "Not charged", detail: "nothing was paid"),
      ]
    }
  }
}

/// A step of an order's way, of the style `done`, `now` or `ended`; of none before its turn.
private struct Step {
  let name: String
  let kind: String
  let title: String
  let detail: String
}
