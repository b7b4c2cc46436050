// Alpha's page: the settings and their history, and the orders with the decision about each. Its
// forms call the same rules as the API.

import Daemon
import Events
import HTTPTypes
import Journal
import Schema

extension AlphaRoom {
  /// How Alpha's pages look.
  static func look() throws -> PageTemplates {
    try PageTemplates(
      "Alpha",
      navigation: [
        PageTemplates.Link("Settings", "/#settings"), PageTemplates.Link("Orders", "/#orders"),
        PageTemplates.Link("Changes", "/#history"),
      ],
      templates: ["home": PackageResources.home_mustache])
  }

  static func pages(_ look: PageTemplates) -> [Route] {
    [
      .query("/", takes: ["state"] + .newestFirst) { call, snapshot in
        try look.html("home", title: "Settings and orders", try homePage(call, snapshot))
      },
      .form("/settings") { call, transaction in
        let form = try call.form()
        let wanted = try WantedSettings(form, in: try transaction.settingsInForce().currency)
        _ = try transaction.changeSettings(
          to: wanted, seen: Int64(form["version"] ?? "") ?? 0, call.correlation)
        return .seeOther("/#settings")
      },
      .form("/orders/:id/approve", creates: false) { call, transaction in
        let order = try transaction.approveOrder(try call.identifier("id"), call.correlation)
        return try backToOrders(call).continuing(order.requestId)
      },
      .form("/orders/:id/reject", creates: false) { call, transaction in
        let rejection = Rejection(reason: try call.form()["reason"] ?? "")
        let order = try transaction.rejectOrder(
          try call.identifier("id"), rejection, call.correlation)
        return try backToOrders(call).continuing(order.requestId)
      },
    ]
  }

  /// The list that the decision was made from, in the state that it was filtered by.
  private static func backToOrders(_ call: Call) throws -> Answer {
    let state = try call.form()["state"].flatMap(Order.State.init)
    return .seeOther(state.map { "/?state=\($0.rawValue)#orders" } ?? "/#orders")
  }
}

// MARK: What the page shows

private let historyLimit = 20

private func homePage(_ call: Call, _ snapshot: Snapshot) throws -> [String: Any] {
  let settings = try snapshot.settingsInForce()
  let filter = try call.orderState()
  let orders = try snapshot.orders(in: filter, try call.page(by: Identifier.self))
  let history = try snapshot.settingsHistory(PageRequest(limit: historyLimit))
  var page: [String: Any] = [
    "settings": settings,
    "fee": RuleFields(settings.fee, settings.currency),
    "discount": RuleFields(settings.discount, settings.currency),
    "states": Order.State.allCases.map { StateOption(name: $0.rawValue, selected: $0 == filter) },
    "orders": orders.items.map { OrderRow(order: $0, isOpen: $0.decision == nil) },
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

  init(_ rule: Rule, _ currency: Currency) {
    enabled = rule.enabled
    amount = Money(amount: rule.amount, currency: currency).decimal
  }
}

private struct StateOption {
  let name: String
  let selected: Bool
}

private struct OrderRow {
  let order: Order
  let isOpen: Bool
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
    (fee, discount) = (words(settings.fee), words(settings.discount))
    (requestId, changedAt) = (version.correlationID, version.changedAt)
  }
}

// MARK: What its form sends

extension WantedSettings {
  fileprivate init(_ form: [String: String], in currency: Currency) throws(Problem) {
    func rule(_ name: String) throws(Problem) -> Rule {
      do {
        let amount = try Money(decimal: form[name] ?? "", currency: currency)
        return Rule(enabled: form["\(name)Enabled"] != nil, amount: amount.amount)
      } catch {
        throw .invalid(
          name, "The \(name) cannot be read: \(error).",
          remedy: "Go back, and correct the \(name).")
      }
    }
    self.init(currency: currency, fee: try rule("fee"), discount: try rule("discount"))
  }
}
