// Alpha's page: the settings and their history, and the orders with the decision about each. Its
// forms call the same rules as the API.

import Daemon
import Schema

extension AlphaRoom {
  /// The templates of Alpha's pages.
  static func look() throws -> PageTemplates {
    try PageTemplates(
      "Alpha",
      navigation: [
        PageTemplates.Link("Settings", path: "/#settings"),
        PageTemplates.Link("Orders", path: "/#orders"),
        PageTemplates.Link("Changes", path: "/#history"),
      ],
      templates: ["home": PackageResources.home_mustache])
  }

  static func pages(_ look: PageTemplates) -> [Route] {
    [
      .query("/", takes: ["state"] + .newestFirst) { request, snapshot in
        try look.html(
          try WebPage(
            "home", title: "Settings and orders", values: try homePage(request, snapshot),
            in: snapshot))
      },
      .form("/settings", body: SettingsForm.self) { form, _, transaction in
        let wanted = try form.wanted(in: try transaction.settingsInForce().currency)
        _ = try transaction.changeSettings(to: wanted, seen: form.seen)
        return .seeOther("/#settings")
      },
      .form(
        "/orders/:id/approve", creates: false, body: DecisionForm.self
      ) { form, request, transaction in
        let order = try transaction.approveOrder(try request.identifier("id"))
        return form.backToOrders.continuing(order.requestId)
      },
      .form(
        "/orders/:id/reject", creates: false, body: DecisionForm.self
      ) { form, request, transaction in
        let order = try transaction.rejectOrder(
          try request.identifier("id"), because: form.reason ?? "")
        return form.backToOrders.continuing(order.requestId)
      },
    ]
  }
}

// MARK: The content of the page

private let historyLimit = 20

private func homePage(_ request: Request, _ snapshot: Snapshot) throws -> [String: Any] {
  let settings = try snapshot.settingsInForce()
  let filter = try request.orderState()
  let orders = try snapshot.orders(in: filter, try request.page(by: Identifier.self))
  let history = try snapshot.settingsHistory(PageRequest(limit: historyLimit))
  var page: [String: Any] = [
    "settings": settings,
    "fee": RuleFields(settings.fee, currency: settings.currency),
    "discount": RuleFields(settings.discount, currency: settings.currency),
    "states": Order.StateName.allCases.map {
      StateOption(name: $0.rawValue, selected: $0 == filter)
    },
    "orders": orders.items.map(OrderRow.init),
    "hasOrders": !orders.items.isEmpty,
    "history": history.items.map(HistoryRow.init),
    "historyLimit": historyLimit,
  ]
  page["filter"] = filter?.rawValue
  page["next"] = orders.next
  return page
}

/// A rule as the form shows it, the amount as it would be typed.
private struct RuleFields {
  let enabled: Bool
  let amount: String

  init(_ rule: Rule, currency: Currency) {
    enabled = rule.enabled
    amount = Money(amount: rule.amount, currency: currency).decimal
  }
}

private struct StateOption {
  let name: String
  let selected: Bool
}

private struct OrderRow {
  let order: OrderDocument
  let isOpen: Bool

  init(_ order: Order) {
    self.order = OrderDocument(order)
    isOpen = order.decision == nil
  }
}

private struct HistoryRow {
  let version: Int64
  let fee: String
  let discount: String
  let requestId: String
  let changedAt: Timestamp

  init(_ version: SettingsVersion) {
    let settings = version.settings
    func words(_ rule: Rule) -> String {
      let amount = Money(amount: rule.amount, currency: settings.currency).formatted
      return rule.enabled ? "\(amount), on" : "\(amount), off"
    }
    self.version = settings.version
    fee = words(settings.fee)
    discount = words(settings.discount)
    requestId = version.correlationID
    changedAt = version.changedAt
  }
}

// MARK: What its forms send

private struct SettingsForm: Decodable {
  let version: String?
  let fee: String?
  let feeEnabled: String?
  let discount: String?
  let discountEnabled: String?

  /// The version that the form showed.
  var seen: Int64 { Int64(version ?? "") ?? 0 }

  func wanted(in currency: Currency) throws(Problem) -> WantedSettings {
    func rule(_ name: String, amount: String?, isOn: Bool) throws(Problem) -> Rule {
      do {
        let money = try Money(decimal: amount ?? "", currency: currency)
        return Rule(enabled: isOn, amount: money.amount)
      } catch {
        throw .invalid(
          name, detail: "The \(name) cannot be read: \(error).",
          remedy: "Go back, and correct the \(name).")
      }
    }
    return WantedSettings(
      currency: currency,
      fee: try rule("fee", amount: fee, isOn: feeEnabled != nil),
      discount: try rule("discount", amount: discount, isOn: discountEnabled != nil))
  }
}

private struct DecisionForm: Decodable {
  let reason: String?
  /// The state that the list was filtered by.
  let state: String?

  /// The list that the decision was made from.
  var backToOrders: Response {
    let filter = state.flatMap(Order.StateName.init)
    return .seeOther(filter.map { "/?state=\($0.rawValue)#orders" } ?? "/#orders")
  }
}
