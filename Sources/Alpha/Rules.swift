// Alpha's decisions, each in one transaction: it reads the state, lets a pure rule decide, and
// stores and emits the result. Called by the API, the pages and the reactions alike.

package import Daemon
package import Schema

// MARK: Settings

extension Transaction {
  /// Stores and publishes the first settings when there are none, and the same settings again after
  /// a restore.
  func establishSettings() throws {
    guard let settings = try currentSettings() else {
      return try change(to: Settings.first)
    }
    guard try hasJustBeenRestored() else { return }
    try change(to: settings.restored(at: now))
  }

  /// Changes the settings, if those that the person saw are still in force.
  ///
  /// - Parameters:
  ///   - wanted: the requested settings.
  ///   - seen: the version that the person saw; nil for any.
  func changeSettings(to wanted: WantedSettings, seen: Int64?) throws -> SettingsChanged {
    let current = try settingsInForce()
    let changed = try current.changed(to: wanted, seen: seen)
    if changed != current { try change(to: changed) }
    return changed
  }
}

extension Reader {
  /// The settings in force; every start leaves some.
  func settingsInForce() throws -> SettingsChanged {
    guard let settings = try currentSettings() else { throw Refusal.noSettings }
    return settings
  }
}

// MARK: Orders

extension Transaction {
  /// Stores a captured order with its price; a repeated one changes nothing.
  package func capture(
    _ captured: Envelope<OrderCaptured>, approval: ApprovalMode
  ) throws -> Outcome {
    guard try order(captured.data.orderId) == nil else { return .done }
    return try outcome {
      let step = try Order.capture(
        captured, settings: try currentSettings(), approval: approval, at: now)
      try insert(step.order)
      try emit(step.events, for: work)
    }
  }

  /// Approves an order, once.
  func approveOrder(_ id: Identifier) throws -> Order {
    let step = try requireOrder(id).approved(by: work.requestID, at: now)
    return try take(step, for: step.order.continuing(work))
  }

  /// Rejects an order, once.
  ///
  /// - Parameters:
  ///   - id: the order.
  ///   - reason: the reason, which the customer reads.
  func rejectOrder(_ id: Identifier, because reason: String) throws -> Order {
    do {
      try reason.validateEntered(as: "reason for the customer", upTo: 500)
    } catch {
      throw Refusal.invalidReason(error)
    }
    let step = try requireOrder(id).rejected(because: reason, by: work.requestID, at: now)
    return try take(step, for: step.order.continuing(work))
  }

  /// Approves orders; one that was rejected meanwhile stays rejected.
  func approveOrders(_ ids: [Identifier]) throws {
    try decide(ids) { try approveOrder($0) }
  }

  /// Rejects orders for one reason; one that was approved meanwhile stays approved.
  func rejectOrders(_ ids: [Identifier], because reason: String) throws {
    try decide(ids) { try rejectOrder($0, because: reason) }
  }

  private func decide(_ ids: [Identifier], by decision: (Identifier) throws -> Order) throws {
    for id in ids {
      do {
        _ = try decision(id)
      } catch Refusal.decided {
        continue
      }
    }
  }

  /// Ends an approved order with what Charlie came to.
  func settle(
    _ id: Identifier, as outcome: OrderFinalized.Outcome, because reason: String?
  ) throws -> Outcome {
    try self.outcome {
      guard let order = try order(id) else { throw Objection.notCaptured(id) }
      let step = try order.settled(as: outcome, because: reason, at: now)
      _ = try take(step, for: work)
    }
  }

  /// Stores a step of an order, and emits its events.
  private func take(_ step: Order.Step, for work: Correlation) throws -> Order {
    guard !step.events.isEmpty else { return step.order }
    try update(step.order)
    try emit(step.events, for: work)
    return step.order
  }

  /// Emits events of which each is the cause of the next: a request triggers the first alone.
  private func emit(_ events: [any Event], for work: Correlation) throws {
    var work = work
    for event in events { work = work.caused(by: try emit(event, correlation: work)) }
  }

  /// Runs a reaction; an objection to the event is its outcome.
  private func outcome(of reaction: () throws -> Void) throws -> Outcome {
    do {
      try reaction()
      return .done
    } catch let objection as Objection {
      return objection.outcome
    }
  }
}

extension Reader {
  /// An order that a person named.
  func requireOrder(_ id: Identifier) throws -> Order {
    guard let order = try order(id) else { throw Refusal.unknownOrder(id) }
    return order
  }
}
