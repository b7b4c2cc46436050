// Charlie's decisions, each in one transaction: an approved order is charged once, and booked. It
// reads the state, lets a pure rule decide, and stores and emits the result.

import Daemon
import Schema

extension Reader {
  /// Charlie's copy of the settings in force.
  func settingsInForce() throws -> SettingsChanged {
    guard let settings = try newestSettings() else { throw Refusal.noSettings }
    return settings
  }

  /// The charge of an order that a person named.
  func requireCharge(of order: Identifier) throws -> Charge {
    guard let charge = try charge(of: order) else { throw Refusal.unknownCharge(order: order) }
    return charge
  }
}

extension Transaction {
  /// Stores the intention to charge an approved order.
  ///
  /// An approval that is repeated has the stored outcome published again.
  func intend(_ approved: Envelope<OrderApproved>) throws -> Outcome {
    if let known = try charge(of: approved.data.orderId) {
      try publish(known, for: work)
      return .done
    }
    do {
      let charge = try Charge.intend(approved, id: identifier(), at: now)
      try insert(charge)
      try finish(charge)
      return .done
    } catch let objection as Objection {
      return .reject("\(objection)")
    }
  }

  /// Stores the gateway's answer, books it and publishes it; once.
  func settle(_ order: Identifier, with answer: GatewayAnswer) throws {
    guard let charge = try charge(of: order), charge.state == .intended else { return }
    let settled = charge.settled(with: answer, at: now)
    try update(settled, from: charge)
    try finish(settled)
  }

  /// Asks the gateway again after a pause: it did not answer.
  func retryLater(_ order: Identifier, random: UInt64) throws {
    guard let charge = try charge(of: order) else { return }
    try postpone(charge, until: wallClock + charge.pause(random: random))
  }

  /// Books the charge, and publishes the outcome.
  private func finish(_ charge: Charge) throws {
    if charge.state == .charged { try book(charge) }
    try publish(charge, for: charge.work)
  }

  private func publish(_ charge: Charge, for work: Correlation) throws {
    if let outcome = charge.outcome { try emit(outcome, correlation: work) }
  }
}
