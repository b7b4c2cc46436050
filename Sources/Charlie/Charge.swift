// What Charlie knows of an approved order, and how a charge is booked. Pure: no table, no clock.

import Events
import Schema

/// The charge of one approved order, as the API shows it.
struct Charge: Encodable {
  enum State: String, Encodable {
    /// Stored, and not answered by the gateway yet: it is tried until it is.
    case intended
    case charged, declined
  }

  let id: Identifier
  let orderId: Identifier
  let state: State
  let product: String
  let total: Money
  /// The parts of the total; unknown where the approval did not say them.
  let price: Money?
  let fee: Money?
  let discount: Money?
  let settingsVersion: Int64?
  /// Why the gateway declined.
  let code: String?
  let reason: String?
  /// How often the gateway was asked in vain.
  let attempts: Int
  /// When it was intended, or settled.
  let at: Timestamp
  /// What the charge belongs to: the work on the order, caused by its approval.
  let work: Correlation

  private enum CodingKeys: String, CodingKey {
    case id, orderId, state, product, total, price, fee, discount, settingsVersion, code, reason
    case attempts, at
  }

  /// The key that makes the gateway charge an order once, however often it is asked.
  var idempotencyKey: String { "order:\(orderId)" }
}

/// One line of a ledger entry.
struct Posting: Encodable, Equatable {
  enum Account: String, Encodable, CaseIterable {
    case cash, discounts, sales, fees
    /// What was paid for an order whose parts are not known.
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
    if let price, let fee, let discount, makesTotal(price, fee, discount) {
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

  private func makesTotal(_ price: Money, _ fee: Money, _ discount: Money) -> Bool {
    let sum = try? price.adding(fee).subtracting(discount)
    return sum == total
  }
}
