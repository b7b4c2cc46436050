// The page of the queue with the decided orders beneath it, the page of one order, and both small.

import Daemon
import Schema

/// How many orders of the queue a page shows.
private let queueLimit = 50

extension AlphaPages {
  /// The queue, and below it the decided orders by their outcome.
  func ordersPage(
    _ request: Request, in snapshot: Snapshot, refused: RefusedForm? = nil
  ) throws -> WebPage {
    let filter =
      try request.orderState() ?? refused?.typed["state"].flatMap(Order.StateName.init)
    let count = try snapshot.orderCount(in: .captured)
    let queue = try snapshot.queue(limit: queueLimit)
    let decided = try snapshot.orders(
      try request.page(), where: filter?.condition ?? Order.isDecided)
    let notice = try request.decisions?.notice(snapshot)
    var values: [String: Any] = [
      "queue": queue.enumerated().map {
        OrderRow(waiting: $0.element, place: $0.offset, refused: refused)
      },
      "hasQueue": !queue.isEmpty,
      "isCut": count > queue.count, "count": count.shown, "limit": queueLimit,
      "tabs": Tab.all(filter), "decided": decided.items.map(OrderRow.init),
      "hasDecided": !decided.items.isEmpty, "isContinued": request.query["before"] != nil,
      "typedReason": refused?.order == nil ? refused?.typed["reason"] ?? "" : "",
      "filter": filter?.rawValue ?? "",
    ]
    values["filtered"] = filter.map(Tab.word)
    values["next"] = decided.next
    values["notice"] = refused == nil ? notice : nil
    let isAtForm = refused?.isAtForm(in: queue) ?? false
    values["refused"] = isAtForm ? nil : refused
    values["batch"] = isAtForm && refused?.order == nil ? refused : nil
    values["settings"] = try snapshot.currentSettings().map(SettingsWords.init)
    let title = count == 0 ? "No order to decide" : count.counted("order") + " to decide"
    var page = try WebPage("orders", title: title, values: values, in: snapshot)
    page.path = "/"
    page.news = Self.news(isAtForm ? nil : refused?.detail, notice?.text, title + ".")
    return page
  }

  /// The first orders of the queue and the settings, for a frame of 460 by 300 pixels.
  func panePage(
    _ request: Request, in snapshot: Snapshot, refused: RefusedForm? = nil
  ) throws -> WebPage {
    let count = try snapshot.orderCount(in: .captured)
    let queue = try snapshot.queue(limit: PaneRows.limit)
    let notice = try request.decisions?.notice(snapshot)
    var values: [String: Any] = [
      "queue": queue.enumerated().map {
        OrderRow(waiting: $0.element, place: $0.offset, refused: refused)
      },
      "hasQueue": !queue.isEmpty, "rows": PaneRows(of: count), "from": "pane",
      "form": try SettingsFields(try snapshot.settingsInForce(), refused: refused),
    ]
    values["notice"] = refused == nil ? notice : nil
    values["refused"] = refused
    let title = count == 0 ? "No order to decide" : count.counted("order") + " to decide"
    var page = try WebPage("pane", title: title, values: values, in: snapshot)
    page.isPane = true
    page.isAnnouncedAround = true
    page.news = Self.news(notice?.text, title + ".")
    return page
  }

  /// The whole story of an order.
  func orderPage(
    of id: Identifier, _ request: Request, in snapshot: Snapshot, refused: RefusedForm? = nil
  ) throws -> WebPage {
    let order = try snapshot.requireOrder(id)
    let notice = try request.decisions?.notice(snapshot)
    let row = OrderRow(waiting: order, place: 0, refused: refused)
    var values: [String: Any] = [
      "order": row, "from": "order", "isOpen": order.decision == nil,
      "steps": Step.all(of: order), "price": order.price.shownDecimal,
      "fee": order.fee.shownDecimal, "discount": order.discount.shownDecimal,
      "sum": order.total.shownDecimal, "currency": order.total.currency.code,
      "settingsVersion": order.settingsVersion, "cart": ShownIdentifier(order.cartId),
      "request": ShownIdentifier(order.requestId), "trace": trace(order.requestId),
    ]
    values["notice"] = refused == nil ? notice : nil
    values["refused"] = refused
    let title = "\(order.product): \(row.state.word)"
    var page = try WebPage("order", title: title, values: values, in: snapshot)
    page.path = "/"
    page.news = Self.news(row.error == nil ? refused?.detail : nil, "\(row.state.sentence).")
    return page
  }

  /// The sentences of a page to be announced, each once.
  private static func news(_ sentences: String?...) -> String {
    sentences.compactMap(\.self).joined(separator: "\n")
  }
}

extension Request {
  /// The decisions that the form before this page made.
  fileprivate var decisions: Decisions? { query["done"].flatMap(Decisions.init) }
}

/// A filter of the decided orders.
private struct Tab {
  let title: String
  let address: String
  let isCurrent: Bool

  private init(_ state: Order.StateName?, current: Order.StateName?) {
    title = state.map { Self.word($0).capitalizedFirst } ?? "All decided"
    address = "/" + (state.map { "?state=\($0.rawValue)" } ?? "") + "#decided"
    isCurrent = state == current
  }

  /// The tabs: those of the outcomes, and the one of an address that names another state.
  static func all(_ current: Order.StateName?) -> [Tab] {
    let usual: [Order.StateName?] = [nil, .approved, .charged, .declined, .rejected]
    return (usual + (usual.contains(current) ? [] : [current])).map { Tab($0, current: current) }
  }

  static func word(_ state: Order.StateName) -> String {
    switch state {
    case .captured: "waiting"
    case .approved: "in flight"
    case .rejected, .charged, .declined, .finalized: state.rawValue
    }
  }
}

/// A step of an order, with the time that Alpha keeps of it.
private struct Step {
  let title: String
  let kind: String
  var at: Timestamp?
  var note = ""
  var by: ShownIdentifier?

  static func all(of order: Order) -> [Step] {
    let captured = Step(title: "Captured", kind: "done", at: order.capturedAt)
    return [captured, decision(order)] + end(order)
  }

  private static func decision(_ order: Order) -> Step {
    let request = order.decided?.requestId.map { ShownIdentifier($0) }
    let note = order.decided != nil && request == nil ? "automatically" : ""
    switch order.state {
    case .captured: return Step(title: "Decision", kind: "now", note: "pending")
    case .approved:
      return Step(
        title: "Approved", kind: "done", at: order.decided?.at ?? order.updatedAt, note: note,
        by: request)
    case .finalized(.rejected):
      return Step(
        title: "Rejected", kind: "ended", at: order.decided?.at ?? order.updatedAt,
        by: request)
    case .finalized:
      return Step(
        title: "Approved", kind: "done", at: order.decided?.at,
        note: order.decided == nil ? "time unknown" : note, by: request)
    }
  }

  /// The charge and the end: Alpha finalizes an order in the transaction that learns of its charge.
  private static func end(_ order: Order) -> [Step] {
    let open = Step(title: "Finalized", kind: "", note: "pending")
    let finalized = Step(title: "Finalized", kind: "done", at: order.updatedAt)
    switch order.state {
    case .captured: return [Step(title: "Charged", kind: "", note: "after an approval"), open]
    case .approved:
      return [Step(title: "Charged", kind: "now", note: "pending at Charlie"), open]
    case .finalized(.rejected): return [finalized]
    case .finalized(.charged):
      return [Step(title: "Charged", kind: "done", at: order.updatedAt), finalized]
    case .finalized(.declined):
      return [Step(title: "Declined", kind: "ended", at: order.updatedAt), finalized]
    }
  }
}
