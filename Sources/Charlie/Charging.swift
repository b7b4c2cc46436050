// Which charges the gateway is asked for now, and what is stored of what it said: all that the
// worker decides. A value and two functions, without a clock or a task, so that a simulation
// drives them as the worker does.

package import Daemon

/// The calls to the gateway that are under way, a few at a time.
package struct Charging: Sendable {
  private let concurrency: Int
  private var asking: Set<Identifier> = []

  /// Nothing is under way: what was asked before a crash is asked again.
  package init(concurrency: Int) {
    self.concurrency = concurrency
  }

  /// How many due charges must be looked at to fill what is free; nil when nothing is.
  package var looksAt: Int? {
    asking.count < concurrency ? concurrency + asking.count : nil
  }

  /// Of the charges that are due, those that are asked for now.
  package mutating func take(_ due: [GatewayCall]) -> [GatewayCall] {
    let next = due.filter { !asking.contains($0.order) }.prefix(concurrency - asking.count)
    asking.formUnion(next.map(\.order))
    return Array(next)
  }

  /// A call has ended, and what came of it is stored.
  package mutating func end(_ call: GatewayCall) {
    asking.remove(call.order)
  }
}

/// One question to the gateway.
package struct GatewayCall: Sendable {
  /// The order that is charged.
  package let order: Identifier
  /// What the gateway is asked.
  package let request: GatewayRequest
  /// What the charge belongs to.
  let work: Correlation

  init(_ charge: Charge) {
    order = charge.orderId
    request = GatewayRequest(
      idempotencyKey: charge.idempotencyKey, product: charge.product, total: charge.total)
    work = charge.work
  }
}

extension Reader {
  /// The questions that may be asked now, longest due first.
  package func gatewayCalls(at now: Timestamp, limit: Int) throws -> [GatewayCall] {
    try chargesDue(at: now, limit: limit).map(GatewayCall.init)
  }
}

extension Transaction {
  /// Stores what a call came to: the gateway's answer, or nil when it is to be asked again.
  package func end(_ call: GatewayCall, with answer: GatewayAnswer?, random: UInt64) throws {
    if let answer {
      try settle(call.order, with: answer)
    } else {
      try retryLater(call.order, random: random)
    }
  }
}
