// The charges to request from the gateway now, and the storing of its answers: all decisions of the
// worker. A value and two functions, without a clock or a task, so that a simulation drives them as
// the worker does.

package import Daemon

/// The calls to the gateway that are under way, a few at a time.
package struct Charging: Sendable {
  private let concurrency: Int
  /// The orders of the calls that are under way.
  private(set) var asking: Set<Identifier> = []

  /// No call is under way: calls from before a crash are repeated.
  package init(concurrency: Int) {
    self.concurrency = concurrency
  }

  /// The number of due charges to read for the free calls; nil when none is free.
  package var looksAt: Int? {
    asking.count < concurrency ? concurrency + asking.count : nil
  }

  /// Of the charges that are due, those that are asked for now.
  package mutating func take(_ due: [GatewayCall]) -> [GatewayCall] {
    let next = due.filter { !asking.contains($0.order) }.prefix(concurrency - asking.count)
    asking.formUnion(next.map(\.order))
    return Array(next)
  }

  /// A call has ended, and its result is stored.
  package mutating func end(_ call: GatewayCall) {
    asking.remove(call.order)
  }
}

/// One question to the gateway.
package struct GatewayCall: Sendable {
  /// The order that is charged.
  package let order: Identifier
  /// The request to the gateway.
  package let request: GatewayRequest
  /// The work to which the charge belongs.
  let work: Correlation
  /// The number of this call: 1 for the first one of an order.
  let attempt: Int
  /// The time from which it may be made.
  let dueAt: Timestamp

  init(_ charge: Charge) {
    order = charge.orderId
    request = GatewayRequest(
      idempotencyKey: charge.idempotencyKey, product: charge.product, total: charge.total)
    work = charge.work
    attempt = charge.attempts + 1
    dueAt = charge.dueAt
  }
}

extension Reader {
  /// The questions that may be asked now, longest due first.
  ///
  /// - Parameters:
  ///   - limit: how many at most, with those that are being asked.
  ///   - asking: the orders of the questions that are being asked.
  package func gatewayCalls(
    at now: Timestamp, limit: Int, beside asking: Set<Identifier> = []
  ) throws -> [GatewayCall] {
    try chargesDue(at: now, limit: limit, beside: asking).map(GatewayCall.init)
  }
}

extension Transaction {
  /// Stores the result of a call: the gateway's answer, or nil when it is to be repeated.
  package func end(_ call: GatewayCall, with answer: GatewayAnswer?, random: UInt64) throws {
    if let answer {
      try settle(call.order, with: answer)
    } else {
      try retryLater(call.order, random: random)
    }
  }
}
