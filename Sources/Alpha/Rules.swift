// What Alpha decides: the settings, and whether an order is approved. Each rule is one
// transaction's work, called by the API, by the pages and by the reactions alike.

import Daemon
import Events
import Journal
import Schema

// MARK: Settings

extension Transaction {
  /// Stores the first settings when there are none, and tells everyone.
  ///
  /// After a restore it tells the settings again, under a version above any that can have been
  /// published meanwhile: who has heard one of those never goes back. No history comes to as many
  /// versions as there are milliseconds since 1970.
  func establishSettings(_ correlation: Correlation) throws {
    guard let settings = try currentSettings() else {
      return try change(to: Settings.first, correlation)
    }
    guard try hasJustBeenRestored() else { return }
    let version = max(settings.version + 1, Int64(now.microseconds / 1000))
    try change(to: WantedSettings(settings).settings(as: version), correlation)
  }

  /// Changes the settings, if those that the person saw are still in force.
  ///
  /// Equal values make no new version.
  ///
  /// - Parameters:
  ///   - wanted: what was asked for.
  ///   - seen: the version that the person saw; nil for any.
  func changeSettings(
    to wanted: WantedSettings, seen: Int64?, _ correlation: Correlation
  ) throws -> SettingsChanged {
    let current = try settingsInForce()
    try wanted.validate(against: current)
    guard seen == nil || seen == current.version else {
      throw Problem.preconditionFailed(
        "stale-settings",
        "The settings are at version \(current.version); the change is based on another.",
        remedy: "Read them again, and repeat the change if it is still wanted.",
        members: ["version": .integer(current.version)])
    }
    guard wanted != WantedSettings(current) else { return current }
    let changed = wanted.settings(as: current.version + 1)
    try change(to: changed, correlation)
    return changed
  }
}

extension Reader {
  /// The settings in force; every start leaves some.
  func settingsInForce() throws -> SettingsChanged {
    guard let settings = try currentSettings() else {
      throw Problem.unavailable(
        "no-settings", "Alpha has no settings yet.", remedy: "Try again: it is just starting.")
    }
    return settings
  }
}

/// The settings as a person asks for them.
struct WantedSettings: Decodable, Equatable {
  let currency: Currency
  let fee: Rule
  let discount: Rule

  init(currency: Currency, fee: Rule, discount: Rule) {
    (self.currency, self.fee, self.discount) = (currency, fee, discount)
  }

  init(_ settings: SettingsChanged) {
    (currency, fee, discount) = (settings.currency, settings.fee, settings.discount)
  }

  fileprivate func settings(as version: Int64) -> SettingsChanged {
    SettingsChanged(
      settingsId: Settings.id, version: version, currency: currency, fee: fee, discount: discount)
  }

  fileprivate func validate(against current: SettingsChanged) throws {
    guard currency == current.currency else {
      throw Problem.invalid(
        "currency", "The settings are in \(current.currency.code), not in \(currency.code).",
        remedy: "Send the amounts in \(current.currency.code): a system has one currency.")
    }
    try validate(fee.amount, "fee")
    try validate(discount.amount, "discount")
  }

  private func validate(_ amount: Int64, _ name: String) throws(Problem) {
    do {
      try Money.validateEntered(amount, as: name)
    } catch {
      throw Problem.unprocessable(
        "invalid-money", "\(error)".asSentence,
        remedy: "Send a count of minor units from 0 to \(Money.limit).",
        members: ["path": .string("\(name).amount")])
    }
  }
}

// MARK: Orders

extension Transaction {
  /// Stores a captured order with its price; a repeated one changes nothing.
  func capture(_ captured: Envelope<OrderCaptured>, approval: ApprovalMode) throws -> Outcome {
    guard try order(captured.data.orderId) == nil else { return .done }
    guard captured.data.product.utf8.count <= OrderCaptured.maxProductBytes else {
      return .reject("the product's name has more than \(OrderCaptured.maxProductBytes) bytes")
    }
    let order = try Order(captured, settings: try settingsInForce(), at: now)
    try insert(order)
    if approval == .automatic { _ = try approve(order, captured.consequence) }
    return .done
  }

  /// Approves an order, once.
  func approveOrder(_ id: Identifier, _ correlation: Correlation) throws -> Order {
    let order = try requireOrder(id)
    switch order.decision {
    case .approved: return order
    case .rejected: throw Problem.decided(order, "rejected")
    case nil: return try approve(order, correlation.continuing(order.requestId))
    }
  }

  /// Rejects an order, once, which also finalizes it: there is nothing to charge.
  func rejectOrder(
    _ id: Identifier, _ rejection: Rejection, _ correlation: Correlation
  ) throws -> Order {
    let reason = try rejection.validated()
    var order = try requireOrder(id)
    switch order.decision {
    case .rejected: return order
    case .approved: throw Problem.decided(order, "approved")
    case nil: break
    }
    var work = correlation.continuing(order.requestId)
    order.reason = reason
    // The request is what triggers the rejection, and the rejection is what finalizes.
    work.causationID = try emit(
      OrderRejected(orderId: id, cartId: order.cartId, reason: reason), work)
    work.requestID = nil
    return try finalize(order, as: .rejected, work)
  }

  /// Ends an approved order with what Charlie came to.
  func settle(
    _ id: Identifier, as outcome: OrderFinalized.Outcome, reason: String?, _ work: Correlation
  ) throws -> Outcome {
    guard var order = try order(id) else { return .wait("order \(id) is not captured yet") }
    switch order.state {
    case .captured: return .wait("order \(id) is not approved yet")
    case .approved:
      order.reason = reason
      _ = try finalize(order, as: outcome, work)
      return .done
    case .rejected, .charged, .declined, .finalized: return .done
    }
  }

  private func approve(_ order: Order, _ work: Correlation) throws -> Order {
    var approved = order
    approved.state = .approved
    approved.updatedAt = now
    try update(approved)
    try emit(order.approval, work)
    return approved
  }

  private func finalize(
    _ order: Order, as outcome: OrderFinalized.Outcome, _ work: Correlation
  ) throws -> Order {
    var finalized = order
    finalized.state = .finalized
    finalized.outcome = outcome
    finalized.updatedAt = now
    try update(finalized)
    try emit(OrderFinalized(orderId: order.id, cartId: order.cartId, outcome: outcome), work)
    return finalized
  }

}

extension Reader {
  /// An order that a person named.
  func requireOrder(_ id: Identifier) throws -> Order {
    guard let order = try order(id) else {
      throw Problem.notFound(
        "no-such-order", "Alpha knows no order \(id).",
        remedy: "An order that Beta has just captured may still be on its way: try again.")
    }
    return order
  }
}

/// Who approves: a person, or Alpha itself as soon as an order is captured.
enum ApprovalMode: String, CaseIterable {
  case manual, automatic
}

extension Problem {
  fileprivate static func decided(_ order: Order, _ decision: String) -> Problem {
    .conflict(
      "order-decided", "The order \(order.id) was \(decision).",
      remedy: "An order is decided once. Read it to see how far it has come.",
      members: ["orderId": .string(order.id.description)]
    ).continuing(order.requestId)
  }
}
