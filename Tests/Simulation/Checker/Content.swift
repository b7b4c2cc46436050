// The data of events, against the promises.

import Events
import Runtime
import Schema

extension Checker {
  /// Checks an event that a service has just published.
  ///
  /// - Returns: its subject.
  func checkContent(_ record: Record, of node: Node) throws -> String {
    if let pinned = node.pins[record.topic.type] {
      try require(
        record.topic.version == pinned, .promise, "\(record.topic) is published, and not the pinned"
      )
    }
    switch record.topic.type {
    case "settings.changed":
      let event = try SettingsChanged.read(record)
      facts.settings[event.data.version, default: []].insert(event.data)
      return event.subject
    case "order.captured": return try captured(try OrderCaptured.read(record), node)
    case "order.approved": return try approved(try OrderApproved.read(record), node)
    case "order.rejected":
      let event = try OrderRejected.read(record)
      node.model.change(event.data.orderId) { $0.rejected += 1 }
      try decided(event.data.orderId, event.correlation, node)
      return event.subject
    case "order.charged":
      let event = try OrderCharged.read(record)
      try settled(event.data.orderId, event.data.chargeId, true, event.correlation, node)
      try costs(event.data.orderId, total: event.data.total, fee: event.data.fee)
      return event.subject
    case "order.declined":
      let event = try OrderDeclined.read(record)
      try settled(event.data.orderId, event.data.chargeId, false, event.correlation, node)
      return event.subject
    case "order.finalized": return try finalized(try OrderFinalized.read(record), node)
    default: throw Violation(.oneChain, "\(record.topic) is unknown")
    }
  }

  private func captured(_ event: Envelope<OrderCaptured>, _ node: Node) throws -> String {
    let data = event.data
    let id = event.correlation.id
    guard let asked = facts.asked[id], let quote = facts.quotes[asked.quote],
      quote.isPromised || data.promise == nil
    else {
      throw Violation(
        .promise, "order \(data.orderId) carries a promise that no quote made", [event.subject])
    }
    try require(
      (asked.product, asked.price) == (data.product, data.price.amount), .promise,
      "order \(data.orderId) is not what was asked for", [event.subject])
    var order = Facts.ExpectedOrder(
      customer: asked.customer, correlation: id, product: asked.product, price: asked.price,
      isPromised: quote.isPromised)
    if quote.isPromised {
      let promise = data.promise
      try require(
        (promise?.quoteId, promise?.settingsVersion) == (asked.quote, quote.settingsVersion)
          && (promise?.fee.amount, promise?.discount.amount) == (quote.fee, quote.discount),
        .promise, "order \(data.orderId) does not carry what was promised", [event.subject])
      order.prices = [
        Facts.Price(
          asked.price, fee: quote.fee, discount: quote.discount,
          settingsVersion: quote.settingsVersion)
      ]
    } else {
      coverage.hit("event: an order without a promise")
    }
    facts.orders[data.orderId] = order
    node.model.change(data.orderId) { $0.captured += 1 }
    try require(
      node.model.orders[data.orderId]?.captured == 1, .oneDecision,
      "order \(data.orderId) is captured twice", [event.subject])
    return event.subject
  }

  private func approved(_ event: Envelope<OrderApproved>, _ node: Node) throws -> String {
    let data = event.data
    node.model.change(data.orderId) { $0.approved += 1 }
    try decided(data.orderId, event.correlation, node)
    guard var order = facts.orders[data.orderId] else {
      throw Violation(.promise, "order \(data.orderId) is approved, and was not captured")
    }
    let isTotal = node.pins["order.approved"] == 1
    let possible = order.isPromised ? order.prices : facts.prices(order.price)
    let told = possible.filter { price in
      data.total.amount == price.total
        && (isTotal
          ? data.fee == nil && data.discount == nil && data.settingsVersion == nil
          : (data.fee?.amount, data.discount?.amount, data.settingsVersion)
            == (price.fee, price.discount, price.settingsVersion))
    }
    let edited = node.model.editedProducts(of: data.orderId, in: "order.captured")
    try require(
      !told.isEmpty && (edited.isEmpty ? [order.product] : edited).contains(data.product)
        && data.price?.amount == (isTotal ? nil : order.price),
      .promise, "order \(data.orderId) is approved as another than was promised", [event.subject])
    order.prices.formUnion(told)
    order.approvedProducts.insert(data.product)
    if isTotal { order.isToldAsTotal = true } else { order.isToldInParts = true }
    facts.orders[data.orderId] = order
    if isTotal { coverage.hit("event: an approval without its parts") }
    return event.subject
  }

  private func decided(_ order: Identifier, _ work: Correlation, _ node: Node) throws {
    try continues(order, work)
    let known = node.model.orders[order] ?? OwnOrder()
    try require(
      known.approved + known.rejected == 1, .oneDecision,
      "order \(order) is approved \(known.approved) and rejected \(known.rejected) times",
      [order.description])
  }

  private func finalized(_ event: Envelope<OrderFinalized>, _ node: Node) throws -> String {
    let order = event.data.orderId
    let outcome = event.data.outcome
    try continues(order, event.correlation)
    node.model.change(order) { $0.finalized.append(outcome) }
    let known = node.model.orders[order] ?? OwnOrder()
    let booked = facts.charges[order]?.values.first ?? facts.orders[order]?.isFree == true
    let isTrue =
      switch outcome {
      case .rejected: known.rejected == 1
      case .charged: known.approved == 1 && booked
      case .declined: known.approved == 1 && !booked
      }
    try require(
      known.finalized.count == 1 && isTrue, .oneOutcome,
      "order \(order) is finalized as \(known.finalized)", [event.subject])
    return event.subject
  }

  private func settled(
    _ order: Identifier, _ charge: Identifier, _ isCharged: Bool, _ work: Correlation, _ node: Node
  ) throws {
    try continues(order, work)
    let before = node.model.orders[order]?.settled
    try require(
      before.map { $0 == (charge, isCharged) } ?? true, .oneOutcome,
      "order \(order) is settled as another than before", [order.description])
    node.model.change(order) { $0.settled = (charge, isCharged) }
    let booked = facts.charges[order]?.values.first ?? facts.orders[order]?.isFree == true
    try require(
      booked == isCharged, .oneOutcome,
      "order \(order) is settled with another outcome than the gateway's", [order.description])
  }

  private func costs(_ order: Identifier, total: Money, fee: Money?) throws {
    let expected = facts.orders[order]
    let isRight = (expected?.prices ?? []).contains { price in
      total.amount == price.total
        && (fee == nil ? expected?.isToldAsTotal == true : fee?.amount == price.fee)
    }
    try require(
      isRight, .promise,
      "order \(order) costs \(total) with a fee of \(fee.map { "\($0)" } ?? "nothing known"), and "
        + "\(expected?.prices.map(\.total) ?? []) was promised", [order.description])
  }

  private func continues(_ order: Identifier, _ work: Correlation) throws {
    let expected = facts.orders[order]?.correlation
    try require(
      work.id == expected, .correlation,
      "an event of order \(order) carries \(work.id), and \(expected ?? "nothing") began it",
      [order.description])
  }
}
