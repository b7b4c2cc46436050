// What Charlie decides: that an approved order is charged, once, and how it is booked. Each rule is
// one transaction's work.

import Daemon
import Events
import Journal
import Schema

extension Reader {
  /// Charlie's copy of the settings in force.
  func settingsInForce() throws -> SettingsChanged {
    guard let settings = try settingsHistory().first else {
      throw Problem.unavailable(
        "no-settings", "Charlie has not heard Alpha's settings yet.",
        remedy: "Start Alpha, or wait for it; then try again.")
    }
    return settings
  }

  /// The charge of an order that a person named.
  func requireCharge(of order: Identifier) throws -> Charge {
    guard let charge = try charge(of: order) else {
      throw Problem.notFound(
        "no-such-charge", "Charlie knows no charge of order \(order).",
        remedy: "An order is charged once Alpha has approved it: look at it there, or try again.")
    }
    return charge
  }
}

extension Transaction {
  /// Stores the intention to charge an approved order.
  ///
  /// A total of zero is charged here and now; an approval that is repeated has the stored outcome
  /// told again.
  func intend(_ approved: Envelope<OrderApproved>) throws -> Outcome {
    if let known = try charge(of: approved.data.orderId) {
      try tell(known, approved.consequence)
      return .done
    }
    if let objection = approved.data.objection { return .reject(objection) }
    let charge = Charge(approved, id: identifier(), at: now)
    try insert(charge)
    if charge.total.amount == 0 { try settle(charge.orderId, with: .charged) }
    return .done
  }

  /// Stores what the gateway answered, books it and tells everyone; once.
  func settle(_ order: Identifier, with answer: GatewayAnswer) throws {
    guard let charge = try charge(of: order), charge.state == .intended else { return }
    switch answer {
    case .charged:
      try settle(charge, as: .charged, code: nil, reason: nil)
      try book(charge)
    case .declined(let code, let reason):
      try settle(charge, as: .declined, code: code, reason: reason)
    }
    if let settled = try self.charge(of: order) { try tell(settled, settled.work) }
  }

  /// The gateway did not answer: the charge is tried again after a pause.
  func retryLater(_ order: Identifier, random: UInt64) throws {
    guard let charge = try charge(of: order) else { return }
    let pause = Charge.backoff.pause(after: charge.attempts + 1, random: random)
    try postpone(charge, until: wallClock + pause)
  }

  private func tell(_ charge: Charge, _ work: Correlation) throws {
    switch charge.state {
    case .intended: break
    case .charged:
      try emit(
        OrderCharged(
          orderId: charge.orderId, chargeId: charge.id, total: charge.total, fee: charge.fee), work)
    case .declined:
      try emit(
        OrderDeclined(
          orderId: charge.orderId, chargeId: charge.id, code: charge.code ?? "",
          reason: charge.reason ?? ""), work)
    }
  }
}

extension OrderApproved {
  /// Why the order can never be charged as it is; nil when it can.
  ///
  /// A service that other people wrote may say anything: what no price, fee and discount that were
  /// entered could come to would overflow the ledger or be booked in the wrong currency.
  fileprivate var objection: String? {
    guard (0...2 * Money.limit).contains(total.amount) else {
      return "the total, \(total), is no price and fee that can be entered"
    }
    let parts = [price, fee, discount].compactMap { $0 }
    guard parts.allSatisfy({ (0...2 * Money.limit).contains($0.amount) }) else {
      return "a part of the total cannot be entered"
    }
    guard parts.allSatisfy({ $0.currency == total.currency }) else {
      return "the parts are not in the total's currency, \(total.currency)"
    }
    return nil
  }
}

extension Charge {
  fileprivate init(_ approved: Envelope<OrderApproved>, id: Identifier, at now: Timestamp) {
    let order = approved.data
    (self.id, orderId, state, product) = (id, order.orderId, .intended, order.product)
    (total, price, fee, discount) = (order.total, order.price, order.fee, order.discount)
    settingsVersion = order.settingsVersion
    (code, reason, attempts, at) = (nil, nil, 0, now)
    work = approved.consequence
  }
}

extension Charge {
  /// The pauses before the gateway is asked again.
  static let backoff = Backoff(first: .milliseconds(200), longest: .seconds(40))
}
