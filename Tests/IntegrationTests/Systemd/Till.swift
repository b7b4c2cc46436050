import Foundation
import Synchronization
import Testing

/// Orders on a booted machine, counted.
///
/// What was accepted must be charged once, whatever happens to the daemons meanwhile. Alpha approves
/// automatically. A customer sends each command until it is answered, with the same Idempotency-Key.
final class Till: Sendable {
  private struct State {
    var isOpen = true
    /// The cart of each accepted order, and what it costs in cents.
    var accepted: [String: (cart: String, total: Int64)] = [:]
    var failure: (any Error)?
  }

  private let machine: BootedMachine
  private let state = Mutex(State())
  private let progress = Chronicle<Void>()

  fileprivate init(_ machine: BootedMachine) {
    self.machine = machine
  }

  /// Waits until so many more orders are accepted.
  func accepts(_ count: Int = 5) async throws {
    let seen = progress.all.count
    for index in 0..<count {
      _ = try await progress.first(after: seen + index, within: .seconds(60)) { true }
    }
  }

  fileprivate func shop() async {
    do {
      var number: Int64 = 0
      while state.withLock({ $0.isOpen }) {
        number += 1
        let opened = try await insist("/api/carts", nil)
        let cart = Cart(
          id: try #require(opened.json["id"].string), quote: try Quote(opened.json["quote"]))
        let form = cart.form("widget", price: number)
        let answer = try await insist("/api/carts/\(cart.id)/checkout", form)
        let order = try #require(answer.json["orderId"].string)
        state.withLock { $0.accepted[order] = (cart.id, cart.quote.total(number)) }
        progress.append(())
      }
    } catch {
      state.withLock { state in
        state.isOpen = false
        state.failure = state.failure ?? error
      }
      progress.end()
    }
  }

  private func insist(_ path: String, _ body: JSON?) async throws -> HTTPAnswer {
    let key = ["Idempotency-Key": UUID().uuidString]
    let end = ContinuousClock.now + .seconds(60)
    var last = "nothing"
    while ContinuousClock.now < end {
      do {
        let answer = try await machine.http(.beta).post(path, body, headers: key)
        if answer.status < 300 { return answer }
        last = "\(answer)"
        guard answer.status == 503 else { break }
      } catch {
        last = "\(error)"
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw UnansweredCommand(description: "Beta did not take \(path): \(last)")
  }

  fileprivate func close() throws -> [String: (cart: String, total: Int64)] {
    let (failure, accepted) = state.withLock { state in
      state.isOpen = false
      return (state.failure, state.accepted)
    }
    if let failure { throw failure }
    return accepted
  }
}

extension BootedMachine {
  /// Lets customers order while the body does what it likes to the daemons, and counts at the end.
  ///
  /// All four daemons must run then.
  @discardableResult
  func whileOrdering(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (Till) async throws -> Void
  ) async throws -> Int {
    let till = Till(self)
    let accepted = try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<3 { group.addTask { await till.shop() } }
      let result: Result<Void, any Error>
      do { result = .success(try await body(till)) } catch { result = .failure(error) }
      let accepted = try till.close()
      try await group.waitForAll()
      try result.get()
      return try till.close().merging(accepted) { $1 }
    }
    try await isReady()
    let end = ContinuousClock.now + .seconds(60)
    for order in accepted.values { try await isOpen(order.cart, by: end) }
    let charges = try await charges()
    let counts = Dictionary(charges.map { ($0["orderId"].text, 1) }, uniquingKeysWith: +)
    let lost = accepted.keys.filter { counts[$0] == nil }
    let twice = counts.filter { $0.value > 1 }.keys
    let wrong = charges.filter { charge in
      accepted[charge["orderId"].text].map { $0.total != charge["total"]["amount"].int } ?? false
    }
    #expect(lost.isEmpty, "lost", sourceLocation: sourceLocation)
    #expect(twice.isEmpty, "charged twice", sourceLocation: sourceLocation)
    #expect(wrong.isEmpty, "charged wrongly", sourceLocation: sourceLocation)
    let ledger = try await http(.charlie).get("/api/ledger").json
    #expect(ledger["balanced"] == true, "\(ledger)", sourceLocation: sourceLocation)
    print("\(what): \(accepted.count) orders accepted and finalized, 0 lost, 0 twice")
    return accepted.count
  }

  /// Waits until the order of a cart is finalized: the form is open again.
  private func isOpen(_ cart: String, by end: ContinuousClock.Instant) async throws {
    var last = JSON.null
    repeat {
      last = try await http(.beta).get("/api/carts/\(cart)").json
      if last["state"] == "open" { return }
      try await Task.sleep(for: .milliseconds(20))
    } while ContinuousClock.now < end
    Issue.record("the cart \(cart) is not open again: \(last)")
  }

  private func charges() async throws -> [JSON] {
    var (charges, query): ([JSON], String?) = ([], "limit=500")
    while let part = query {
      let page = try await http(.charlie).get("/api/charges?\(part)").json
      charges += page["charges"].list
      query = page["next"].string.map { "limit=500&before=\($0)" }
    }
    return charges
  }
}
