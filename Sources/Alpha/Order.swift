// An order at Alpha, and the steps that it can take. Pure: no table, no clock.

import Daemon
import Schema

/// An order that Alpha decides about.
struct Order: Equatable {
  /// Its state; each step happens once.
  enum State: Equatable {
    case captured, approved
    case finalized(OrderFinalized.Outcome)
  }

  /// The place of the captured event in the work.
  struct Captured: Equatable {
    let event: Identifier
    let trace: TraceParent
    let traceState: TraceState?
  }

  /// The decision, regardless of the later course.
  enum Decision: String {
    case approved, rejected
  }

  /// The time of the decision, and the request that made it.
  struct Decided: Equatable {
    let at: Timestamp
    /// Nil where approvals are automatic.
    let requestId: String?
  }

  let id: Identifier
  let cartId: Identifier
  var state: State
  let product: String
  let price: Money
  let fee: Money
  let discount: Money
  let total: Money
  let settingsVersion: Int64
  var reason: String?
  /// The id of the work that captured the order, which all further work on it carries.
  let requestId: String
  /// The event that captured it, which a person's decision continues; nil for an order of a version
  /// that did not keep it.
  let captured: Captured?
  let capturedAt: Timestamp
  /// Nil before the decision, and for an order that an earlier version decided.
  var decided: Decided?
  var updatedAt: Timestamp

  var decision: Decision? {
    switch state {
    case .captured: nil
    case .finalized(.rejected): .rejected
    case .approved, .finalized: .approved
    }
  }
}

/// The person or the service that approves.
package enum ApprovalMode: String, CaseIterable {
  case manual, automatic
}

// MARK: Steps

extension Order {
  /// The order after a step, and the events of that step, each the cause of the next.
  ///
  /// A step that was taken before has no events, and changes nothing.
  typealias Step = (order: Order, events: [any Event])

  /// Captures an order at its price, and approves it where approvals are automatic.
  ///
  /// - Parameter settings: the settings in force; nil before there are any.
  static func capture(
    _ captured: Envelope<OrderCaptured>, settings: SettingsChanged?, approval: ApprovalMode,
    at now: Timestamp
  ) throws(Objection) -> Step {
    guard captured.data.product.utf8.count <= OrderCaptured.maxProductBytes else {
      throw .productTooLong
    }
    guard let settings else { throw .noSettings }
    let order: Order
    do {
      order = try Order(captured, settings: settings, at: now)
    } catch {
      throw .noPrice(error)
    }
    return approval == .automatic ? order.takingApproval(by: nil, at: now) : (order, [])
  }

  /// Approves the order, by a request.
  func approved(by request: String?, at now: Timestamp) throws(Refusal) -> Step {
    switch decision {
    case nil: return takingApproval(by: request, at: now)
    case .approved: return (self, [])
    case .rejected: throw .decided(id, .rejected, requestId: requestId)
    }
  }

  /// Rejects the order, which also finalizes it: there is nothing to charge.
  func rejected(
    because reason: String, by request: String?, at now: Timestamp
  ) throws(Refusal) -> Step {
    switch decision {
    case nil:
      var end = finalized(as: .rejected, because: reason, at: now)
      end.order.decided = Decided(at: now, requestId: request)
      let rejection = OrderRejected(orderId: id, cartId: cartId, reason: reason)
      return (end.order, [rejection] + end.events)
    case .rejected: return (self, [])
    case .approved: throw .decided(id, .approved, requestId: requestId)
    }
  }

  /// Finalizes an approved order with what its charge came to.
  func settled(
    as outcome: OrderFinalized.Outcome, because reason: String?, at now: Timestamp
  ) throws(Objection) -> Step {
    switch state {
    case .captured: throw .notApproved(id)
    case .approved: return finalized(as: outcome, because: reason, at: now)
    case .finalized: return (self, [])
    }
  }

  private func takingApproval(by request: String?, at now: Timestamp) -> Step {
    let approval = OrderApproved(
      orderId: id, cartId: cartId, product: product, price: price, fee: fee, discount: discount,
      total: total, settingsVersion: settingsVersion)
    var order = moved(to: .approved, at: now)
    order.decided = Decided(at: now, requestId: request)
    return (order, [approval])
  }

  private func finalized(
    as outcome: OrderFinalized.Outcome, because reason: String?, at now: Timestamp
  ) -> Step {
    var order = moved(to: .finalized(outcome), at: now)
    order.reason = reason
    return (order, [OrderFinalized(orderId: id, cartId: cartId, outcome: outcome)])
  }

  private func moved(to state: State, at now: Timestamp) -> Order {
    var order = self
    order.state = state
    order.updatedAt = now
    return order
  }
}

extension Order {
  /// A person's request, as a step of the work on the order: caused by its capture, in its trace.
  func continuing(_ request: Correlation) -> Correlation {
    var work = request.continuing(requestId)
    guard let captured else { return work }
    work.causationID = captured.event
    work.linkedTrace = request.trace
    work.trace = captured.trace
    work.traceState = captured.traceState
    return work
  }
}

extension Order {
  /// Prices a captured order from its promise, and from the settings in force only without one.
  private init(_ captured: Envelope<OrderCaptured>, settings: SettingsChanged, at now: Timestamp)
    throws(MoneyError)
  {
    let data = captured.data
    let pricing =
      if let promise = data.promise {
        try Pricing(price: data.price, promise: promise)
      } else {
        try Pricing(price: data.price, settings: settings)
      }
    self.init(
      id: data.orderId, cartId: data.cartId, state: .captured, product: data.product,
      price: pricing.price, fee: pricing.fee, discount: pricing.discount, total: pricing.total,
      settingsVersion: data.promise?.settingsVersion ?? settings.version,
      requestId: captured.correlation.id,
      captured: Captured(
        event: captured.id, trace: captured.consequence.trace,
        traceState: captured.correlation.traceState),
      capturedAt: captured.time, decided: nil, updatedAt: now)
  }
}
