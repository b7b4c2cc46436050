import Events
import FoundationEssentials
import NIOHTTP1
import Schema
import Synchronization

/// Customers that place one order after another, each on a connection of its own to Beta.
struct OrdersLoad: Sendable {
  let customers: Int
  let seconds: Double
  /// The replicas of Beta, between which the customers are divided.
  let betas: [ServiceAddress]
  let finalizations: Finalizations

  /// The time for which a customer waits for its last order.
  private static let patience = Duration.seconds(30)

  /// The observations of the customers.
  struct Result: Sendable {
    var orders: [String] = []
    var checkout = LatencyHistogram()
    var finalized = LatencyHistogram()
    /// The orders that were not finalized in time.
    var late = 0
    var seconds = 0.0
  }

  /// Orders until the time is over and the last orders are finalized.
  func run() async throws -> Result {
    let startedAt = monotonicNanoseconds()
    let end = startedAt + UInt64(seconds * 1e9)
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      // One timer for all: one for each order would cost the load generator more than its requests.
      group.addTask {
        try await Task.sleep(for: .seconds(seconds) + Self.patience)
        finalizations.giveUp()
        return nil
      }
      for number in 0..<customers {
        group.addTask { try await customer(of: betas[number % betas.count], until: end) }
      }
      var total = Result()
      for _ in 0..<customers {
        guard let result = try await nextResult(of: &group) else { break }
        total.orders += result.orders
        total.checkout.merge(result.checkout)
        total.finalized.merge(result.finalized)
        total.late += result.late
      }
      total.seconds = Double(monotonicNanoseconds() - startedAt) / 1e9
      group.cancelAll()
      return total
    }
  }

  /// The next result of a customer, past the timer's end.
  private func nextResult(of group: inout ThrowingTaskGroup<Result?, any Error>) async throws
    -> Result?
  {
    while let ended = try await group.next() { if let ended { return ended } }
    return nil
  }

  private func customer(of beta: ServiceAddress, until end: UInt64) async throws -> Result {
    try await KeepAliveConnection.with(to: beta) { connection in
      var result = Result()
      repeat { try await order(on: connection, &result) } while monotonicNanoseconds() < end
      return result
    }
  }

  private func order(on beta: KeepAliveConnection, _ result: inout Result) async throws {
    let opened: CartView = try await post("/api/carts", to: beta)
    let cart: CartView = try await post("/api/carts/\(opened.id)/quote", to: beta)
    let body = try Checkout(
      quoteId: cart.quote.id, product: "widget",
      price: Money(amount: 1000, currency: cart.quote.fee.currency)
    ).json()
    let startedAt = monotonicNanoseconds()
    let order: CheckoutView = try await post("/api/carts/\(cart.id)/checkout", body: body, to: beta)
    result.checkout.record((monotonicNanoseconds() - startedAt) / 1000)
    result.orders.append(order.orderId)
    if await finalizations.wait(for: order.orderId) {
      result.finalized.record((monotonicNanoseconds() - startedAt) / 1000)
    } else {
      try Task.checkCancellation()
      result.late += 1
    }
  }

  private struct Checkout: Encodable {
    let quoteId: String
    let product: String
    let price: Money
  }

  private func post<Value: Decodable>(
    _ path: String, body: Data? = nil, to beta: KeepAliveConnection
  ) async throws -> Value {
    while true {
      let answer = try await beta.request(.POST, path: path, body: body)
      if answer.status == 503, let pause = answer.retryAfter {
        try await Task.sleep(for: pause)
        continue
      }
      guard (200..<300).contains(answer.status) else {
        let problem = (try? ProblemView(json: answer.body))?.sentence ?? ""
        throw Failure(.refused, "beta refused POST \(path) (\(answer.status)). \(problem)")
      }
      return try Value(json: answer.body)
    }
  }
}
