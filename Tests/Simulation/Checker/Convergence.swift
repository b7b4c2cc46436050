// Everything converges after the end of faults.

import Courier
import Daemon
import Events
import FoundationEssentials
import HTTPTypes
import Journal
import Runtime
import Schema

extension World {
  /// The conditions of the end that do not hold yet; empty when all do.
  func unfinished() throws -> [String] {
    var missing: [String] = []
    for node in nodes {
      guard node.processes.count == node.replicas, node.processes.allSatisfy(\.isBound) else {
        missing.append("\(node.service.rawValue) is down")
        continue
      }
      let roles = node.processes.reduce(into: Set()) { $0.formUnion($1.roles) }
      for role in node.service.roles where !roles.contains(role) {
        missing.append("\(node.service.rawValue) has no replica to \(role)")
      }
      missing += try node.processes.flatMap(unfinished)
    }
    guard missing.isEmpty else { return missing }
    missing += customers.compactMap { customer in
      customer.isDone ? nil : "customer \(customer.plan.number) has no answer"
    }
    return try missing + unfinishedOrders() + differentSettings()
  }

  private func unfinished(_ process: ServiceProcess) throws -> [String] {
    let service = process.service.rawValue
    var missing: [String] = []
    let (head, aside) = try process.journal.read {
      (try $0.head(), try $0.deadLetters(after: 0, limit: 100, all: true).map(\.letter))
    }
    if process.roles.contains(.publish), process.publishing.process.published != head.sequence {
      missing.append("\(service) has not published all")
    }
    for following in process.following {
      let stream = following.stream.rawValue
      let cursor = try process.journal.read { try $0.cursor(of: stream) }
      let end = try node(following.stream).process?.journal.read { try $0.head() }
      let state = following.driver.process.subscription?.state
      if state != .live {
        missing.append("\(service) is \(state?.rawValue ?? "not begun") at \(stream)")
      }
      if cursor != end?.cursor {
        missing.append("\(service) is at \(cursor.sequence) of \(stream)'s \(end?.sequence ?? 0)")
      }
    }
    // A service that still has events to read has not skipped any yet.
    guard missing.isEmpty else { return missing }
    for letter in aside where try !isExcused(letter, at: process.service) {
      missing.append(
        "\(letter.record.topic)\(letter.record.header.sequence) is \(letter.state) at \(service): "
          + letter.reason)
    }
    return missing
  }

  /// Events that wait forever for one that a restore has lost, which the checker has named.
  private func isExcused(_ letter: DeadLetter, at service: Service) throws -> Bool {
    guard letter.state == .waiting || letter.state == .behind,
      let order = Identifier(letter.subject)
    else { return false }
    switch service {
    case .beta: return checker.facts.hasLost(order, at: .beta)
    case .alpha:
      return try checker.facts.hasLost(order, at: .beta)
        || skips(.alpha, of: .beta).contains(order)
    default: return false
    }
  }

  private func skips(_ service: Service, of publisher: Service) throws -> Set<Identifier> {
    try checker.skipped(node(service), of: node(publisher))
  }

  /// Orders that did not come to their end everywhere, and could.
  private func unfinishedOrders() throws -> [String] {
    let alpha = node(.alpha).model
    let beta = node(.beta).model
    let charlie = node(.charlie).model
    let uncaptured = try skips(.alpha, of: .beta)
    let unheard = try skips(.charlie, of: .alpha)
    let unsettled = try skips(.alpha, of: .charlie)
    var missing: [String] = []
    for (order, own) in beta.orders.sorted(by: { $0.key.description < $1.key.description })
    where own.captured > 0 && !uncaptured.contains(order) {
      let decided = alpha.orders[order] ?? OwnOrder()
      if decided.finalized.count != 1, !unsettled.contains(order), !unheard.contains(order) {
        missing.append("order \(order) is not finalized")
      }
      let isSettled = charlie.orders[order]?.settled != nil
      if decided.approved == 1, !isSettled, !unheard.contains(order) {
        missing.append("order \(order) is approved and not settled")
      }
      if decided.approved == 0, isSettled, !checker.facts.hasLost(order, at: .alpha) {
        missing.append("order \(order) is settled and was not approved")
      }
    }
    for charge in try get("/api/charges?limit=500", of: .charlie)["charges"]?.array ?? []
    where charge["state"]?.string == "intended" {
      missing.append("order \(charge["orderId"]?.string ?? "") is still to be charged")
    }
    for order in try get("/api/orders?limit=500", of: .alpha)["orders"]?.array ?? []
    where order["state"]?.string != "finalized" {
      guard let id = order["id"]?.identifier, !unsettled.contains(id), !unheard.contains(id)
      else { continue }
      missing.append("order \(id) is \(order["state"]?.string ?? "") at Alpha")
    }
    return missing
  }

  private func differentSettings() throws -> [String] {
    let all = try [Service.alpha, .beta, .charlie].map { try get("/api/settings", of: $0) }
    return Set(all).count == 1 ? [] : ["settings differ: \(all.map(\.text))"]
  }

  /// The state of a service's page, at once.
  func get(_ target: String, of service: Service) throws -> JSONValue {
    guard let process = node(service).process else { return .null }
    let ask = Ask(target: target, request: "checker")
    let answer = process.look(call(ask, process.node.machine))
    let body = (try? JSONDecoder().decode(JSONValue.self, from: answer.body)) ?? .null
    try checker.answers(ask, Reaction(status: answer.status.code, body: body), process.node)
    return body
  }

  /// The content of all pages in the end.
  func checkPages() throws {
    for target in ["/api/ledger", "/api/ledger/fees", "/api/ledger/entries?limit=500"] {
      _ = try get(target, of: .charlie)
    }
    let charges = try get("/api/charges?limit=500", of: .charlie)["charges"]?.array ?? []
    for charge in charges { try check(charge) }
    let orders = try get("/api/orders?limit=500", of: .alpha)["orders"]?.array ?? []
    for order in orders { try check(order: order) }
    for customer in customers { try check(customer) }
    try checkOverlord()
  }

  private func check(_ charge: JSONValue) throws {
    guard let order = charge["orderId"]?.identifier, let state = charge["state"]?.string else {
      throw Violation(.ledger, "a charge of no order: \(charge.text)")
    }
    let booked = checker.facts.charges[order]?.values.first
    let expected = booked ?? (checker.facts.orders[order]?.isFree == true) ? "charged" : "declined"
    try require(
      state == expected, .oneCharge, "order \(order) is \(state), and the gateway has \(expected)",
      [order.description])
    let entries = try get("/api/ledger/entries?order=\(order)", of: .charlie)["entries"]?.array
    let isBooked = state == "charged"
    try require(
      entries?.count == (isBooked ? 1 : 0), .ledger,
      "order \(order) is \(state) and has \(entries?.count ?? -1) entries", [order.description])
  }

  private func check(order: JSONValue) throws {
    guard let id = order["id"]?.identifier else {
      throw Violation(.oneDecision, "Alpha shows an order without an id: \(order.text)")
    }
    let own = node(.alpha).model.orders[id]
    try require(
      order["outcome"]?.string == own?.finalized.last?.rawValue,
      .oneOutcome, "Alpha shows \(order.text), and has said \(own?.finalized.last as Any)",
      [id.description])
    guard let settled = node(.charlie).model.orders[id]?.settled, let outcome = own?.finalized.last,
      !checker.facts.hasLost(id, at: .alpha)
    else { return }
    try require(
      outcome == (settled.isCharged ? .charged : .declined), .oneOutcome,
      "order \(id) is \(outcome) at Alpha, and Charlie has told otherwise", [id.description])
  }

  private func check(_ customer: Customer) throws {
    guard let cart = customer.cart, let order = customer.order,
      node(.beta).model.orders[order] != nil,
      try !skips(.beta, of: .alpha).contains(order), try !skips(.alpha, of: .beta).contains(order),
      try !skips(.charlie, of: .alpha).contains(order)
    else { return }
    let shown = try get("/api/carts/\(cart)", of: .beta)
    let outcome = node(.alpha).model.orders[order]?.finalized.last?.rawValue
    let isSame = shown["lastOrder"]?["outcome"]?.string == outcome
    try require(
      shown["state"]?.string == "open" && (isSame || checker.facts.hasLost(order, at: .alpha)),
      .convergence, "the cart of order \(order) shows \(shown.text)", [order.description])
  }

  /// Overlord has kept everything that it did not lose itself.
  private func checkOverlord() throws {
    for stream in Service.overlord.follows where !nodes.contains(where: \.hasOtherHistory) {
      let shown = try get("/api/events?limit=500&stream=\(stream.rawValue)", of: .overlord)
      let sequences = shown["events"]?.array.map { $0["sequence"]?.int ?? 0 } ?? []
      let followed = node(.overlord).model.followed[stream] ?? FollowedModel()
      _ = try skips(.overlord, of: stream)
      let shownNumbers = Set(sequences.map(UInt64.init))
      // The facts from before a reset still hold.
      try require(
        followed.taken.isSubset(of: shownNumbers) && shownNumbers.count == sequences.count
          && shownNumbers.isSubset(of: followed.taken.union(followed.excused)),
        .nothingSkipped,
        "Overlord shows \(sequences.count) events of \(stream), and has taken "
          + "\(followed.taken.count)", [stream.rawValue])
    }
  }
}
