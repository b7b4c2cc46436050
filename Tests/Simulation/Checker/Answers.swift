// The answers to people, and the pages.

import Events
import FoundationEssentials
import HTTPTypes
import Runtime
import Schema

extension Checker {
  /// A service has answered a person: what was accepted is remembered, and must last.
  func answers(_ ask: Ask, _ reaction: Reaction, _ node: Node) throws {
    try require(
      reaction.status < 500 || reaction.status == 503 || node.disk.isFull, .noFailure,
      "\(node.service.rawValue) answers \(ask.target) with \(reaction)")
    if case .edit(let edit) = ask.occasion { try answers(edit, reaction, node) }
    guard (200..<300).contains(reaction.status) else { return }
    switch (node.service, ask.method) {
    case (.beta, _): try takeCart(ask, reaction, node)
    case (.alpha, .put):
      if let version = reaction.body["version"]?.int { node.model.told.settings.insert(version) }
    case (.alpha, .post) where ask.target.hasPrefix("/api/orders/"):
      try decidedAnswer(ask, reaction, node)
    case (.charlie, _): try checkReports(ask, reaction, node)
    default: break
    }
  }

  private func takeCart(_ ask: Ask, _ reaction: Reaction, _ node: Node) throws {
    if let order = reaction.body["orderId"]?.identifier, ask.target.hasSuffix("/checkout") {
      try require(
        node.model.orders[order]?.captured == 1, .answers,
        "order \(order) is accepted and not in Beta's log", [order.description])
      node.model.told.accepted.insert(order)
    }
    guard let quote = reaction.body["quote"], let id = quote["id"]?.identifier,
      let version = quote["settingsVersion"]?.int, let fee = quote["fee"]?["amount"]?.int,
      let discount = quote["discount"]?["amount"]?.int
    else { return }
    let isPublished = (facts.settings[version] ?? []).contains {
      ($0.feeInForce.amount, $0.discountInForce.amount) == (fee, discount)
    }
    try require(
      isPublished, .settings, "a quote differs from all settings of version \(version)")
    let isPromised = quote["promised"]?.bool == true
    // A repetition under its key gets the original answer.
    try require(
      !isPromised || node.pins.isEmpty || ask.key != nil
        || reaction.body["state"]?.string != "open", .promise,
      "a quote promises what no order can carry")
    facts.quotes[id] = Facts.ShownQuote(
      settingsVersion: version, fee: fee, discount: discount, isPromised: isPromised)
  }

  private func decidedAnswer(_ ask: Ask, _ reaction: Reaction, _ node: Node) throws {
    guard let order = reaction.body["id"]?.identifier else { return }
    let approves = ask.target.hasSuffix("/approve")
    let known = node.model.orders[order] ?? OwnOrder()
    try require(
      (approves ? known.approved : known.rejected) == 1, .answers,
      "order \(order) is shown as \(approves ? "approved" : "rejected"), and is not",
      [order.description])
    node.model.told.decided[order] = approves
  }

  // MARK: Charlie's reports

  private func checkReports(_ ask: Ask, _ reaction: Reaction, _ node: Node) throws {
    switch ask.target {
    case "/api/ledger":
      try require(
        reaction.body["balanced"]?.bool == true && reaction.body["total"]?.int == 0, .ledger,
        "the trial balance is \(reaction)")
    case "/api/ledger/fees":
      for line in reaction.body["fees"]?.array ?? [] { try checkFees(line, node) }
      for order in reaction.body["unknown"]?.array ?? [] { try checkUnknown(order) }
    case "/api/ledger/entries?limit=500":
      for entry in reaction.body["entries"]?.array ?? [] { try checkEntry(entry) }
    default: break
    }
  }

  /// An order whose fee the report shows as unknown.
  private func checkUnknown(_ order: JSONValue) throws {
    let id = order["orderId"]?.identifier
    try require(
      id.flatMap { facts.orders[$0] }?.isToldAsTotal == true && order["fee"] == nil, .feeReport,
      "the report shows a fee as unknown that an approval carried: \(order.text)")
  }

  /// One version's line: its fee as Alpha published it, and every order with the fee it was promised.
  private func checkFees(_ line: JSONValue, _ node: Node) throws {
    guard let version = line["settingsVersion"]?.int, let state = line["state"]?.string else {
      throw Violation(.feeReport, "a line without a version or a state")
    }
    let published = (facts.settings[version] ?? []).map(\.feeInForce.amount)
    if state == "pending" {
      try require(line["fee"] == nil, .feeReport, "version \(version) is pending with a fee")
    } else {
      let fee = line["fee"]?["amount"]?.int ?? -1
      try require(
        published.contains(fee), .feeReport,
        "the fee of version \(version) was \(published), and the report shows \(fee)")
      try require(
        state == "matched" || published.count > 1, .feeReport,
        "the report finds another fee in version \(version), and every order carries the promised")
    }
    func amount(_ name: String) -> Int64 { line[name]?["amount"]?.int ?? -1 }
    try require(
      amount("carried") >= amount("collected") + amount("outstanding"), .feeReport,
      "the sums of version \(version) contradict each other: \(line.text)")
    if let fee = line["fee"]?["amount"]?.int, published.count == 1 {
      try require(
        amount("carried") == fee * (line["orders"]?.int ?? -1), .feeReport,
        "version \(version) carried \(amount("carried"))")
    }
  }

  private func checkEntry(_ entry: JSONValue) throws {
    guard let order = entry["orderId"]?.identifier, let expected = facts.orders[order] else {
      throw Violation(.ledger, "an entry of an order that does not exist: \(entry.text)")
    }
    let postings = (entry["postings"]?.array ?? []).map { posting in
      (posting["account"]?.string ?? "", posting["amount"]?.int ?? 0)
    }
    func isRight(_ wanted: [String: Int64]) -> Bool {
      Dictionary(postings, uniquingKeysWith: +) == wanted.filter { $0.value != 0 }
    }
    let isBooked = expected.prices.contains { price in
      expected.isToldInParts
        && isRight([
          "cash": price.total, "discounts": price.discount, "sales": -expected.price,
          "fees": -price.fee,
        ])
        || expected.isToldAsTotal
          && isRight(["cash": price.total, "unallocated": -price.total])
    }
    try require(
      postings.reduce(0) { $0 + $1.1 } == 0 && isBooked, .ledger,
      "order \(order) is booked as \(entry.text), and should be one of \(expected.prices)",
      [order.description])
  }
}
