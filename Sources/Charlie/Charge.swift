// Charlie's record of an approved order, and the steps that its charge can take. Pure: no table, no
// clock.

import Daemon
import Schema

/// The charge of one approved order.
struct Charge: Equatable {
  enum State: String {
    /// Stored, and not answered by the gateway yet: it is tried until it is.
    case intended
    case charged, declined
  }

  let id: Identifier
  let orderId: Identifier
  var state: State
  let product: String
  let total: Money
  /// The parts of the total; unknown where the approval did not have them.
  let price: Money?
  let fee: Money?
  let discount: Money?
  let settingsVersion: Int64?
  /// The gateway's reason for declining.
  var code: String?
  var reason: String?
  /// The number of calls to the gateway without a result.
  let attempts: Int
  /// The time from which the gateway may be asked.
  let dueAt: Timestamp
  /// The time at which it was intended, or settled.
  var at: Timestamp
  /// The work to which the charge belongs: the work on the order, caused by its approval.
  let work: Correlation

  /// The key that makes the gateway charge an order once, however often it is asked.
  var idempotencyKey: String { "order:\(orderId)" }
}

// MARK: Steps

extension Charge {
  /// Intends to charge an approved order.
  ///
  /// A total of zero is charged here and now, without the gateway.
  static func intend(
    _ approved: Envelope<OrderApproved>, id: Identifier, at now: Timestamp
  ) throws(Objection) -> Charge {
    try approved.data.requireChargeable()
    let charge = Charge(approved, id: id, at: now)
    return charge.total.amount == 0 ? charge.settled(with: .charged, at: now) : charge
  }

  /// The charge with the gateway's answer; the first answer stays.
  func settled(with answer: GatewayAnswer, at now: Timestamp) -> Charge {
    guard state == .intended else { return self }
    var charge = self
    charge.at = now
    switch answer {
    case .charged: charge.state = .charged
    case .declined(let code, let reason):
      charge.state = .declined
      charge.code = code
      charge.reason = reason
    }
    return charge
  }

  /// The pause before the gateway is asked again, after it did not answer once more.
  func pause(random: UInt64) -> Duration {
    Self.backoff.pause(after: attempts + 1, random: random)
  }

  /// The pauses before the gateway is asked again.
  static let backoff = Backoff(first: .milliseconds(200), longest: .seconds(40))

  /// The event that publishes the outcome; nil while there is none.
  var outcome: (any Event)? {
    switch state {
    case .intended: nil
    case .charged: OrderCharged(orderId: orderId, chargeId: id, total: total, fee: fee)
    case .declined:
      OrderDeclined(orderId: orderId, chargeId: id, code: code ?? "", reason: reason ?? "")
    }
  }
}

extension Charge {
  private init(_ approved: Envelope<OrderApproved>, id: Identifier, at now: Timestamp) {
    let order = approved.data
    self.init(
      id: id, orderId: order.orderId, state: .intended, product: order.product, total: order.total,
      price: order.price, fee: order.fee, discount: order.discount,
      settingsVersion: order.settingsVersion, code: nil, reason: nil, attempts: 0, dueAt: now,
      at: now,
      work: approved.consequence)
  }
}

extension OrderApproved {
  fileprivate func requireChargeable() throws(Objection) {
    let possible = 0...2 * Money.limit
    guard possible.contains(total.amount) else { throw .impossibleTotal(total) }
    let parts = [price, fee, discount].compactMap { $0 }
    guard parts.allSatisfy({ possible.contains($0.amount) }) else { throw .impossiblePart }
    guard parts.allSatisfy({ $0.currency == total.currency }) else {
      throw .foreignParts(total.currency)
    }
  }
}

// MARK: The ledger

/// One line of a ledger entry.
struct Posting: Equatable {
  enum Account: String, CaseIterable {
    case cash, discounts, sales, fees
    /// The payment for an order whose parts are not known.
    case unallocated
  }

  let account: Account
  /// Minor units: a debit is positive, a credit negative.
  let amount: Int64
}

extension Charge {
  /// The double entry of the charge: it debits cash and discounts, credits sales and fees.
  ///
  /// It sums to zero. A total that came without its parts, or with parts that do not make it, is
  /// credited as unallocated.
  var postings: [Posting] {
    var postings = [Posting(account: .cash, amount: total.amount)]
    if let price, let fee, let discount, makesTotal(price: price, fee: fee, discount: discount) {
      postings += [
        Posting(account: .discounts, amount: discount.amount),
        Posting(account: .sales, amount: -price.amount),
        Posting(account: .fees, amount: -fee.amount),
      ]
    } else {
      postings.append(Posting(account: .unallocated, amount: -total.amount))
    }
    return postings.filter { $0.amount != 0 }
  }

  private func makesTotal(price: Money, fee: Money, discount: Money) -> Bool {
    let sum = try? price.adding(fee).subtracting(discount)
    return sum == total
  }
}
