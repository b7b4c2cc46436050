import Events
import FoundationEssentials
import Runtime
import Schema
import Synchronization

/// Plays the five points, one after another.
final class DemoStory: Sendable {
  /// The order of the story, from its second point on.
  private struct Work {
    let cart: CartView
    let order: String
  }

  private static let product = "widget"

  let requests: DemoRequests
  private let keeper: DemoSettingsKeeper
  /// The id of all work on the order.
  private let requestID: String
  private let work = Mutex<Work?>(nil)

  init(requests: DemoRequests, keeper: DemoSettingsKeeper, requestID: String) {
    self.requests = requests
    self.keeper = keeper
    self.requestID = requestID
  }

  /// - Throws: ``Failure``.
  func play(_ point: DemoPoint) async throws -> DemoPlayed {
    let sentences =
      switch point {
      case .change: try await change()
      case .transition: try await transition()
      case .both: try await both()
      case .payloads: try await payloads()
      case .correlation: try await correlation()
      }
    return DemoPlayed(
      sentences: sentences, order: work.withLock(\.?.order), request: requestID)
  }

  // MARK: The points

  private func change() async throws -> [String] {
    let (before, after) = try await keeper.changeFee()
    let start = requests.clock()
    async let beta = copied(after.version, by: .beta, since: start)
    async let charlie = copied(after.version, by: .charlie, since: start)
    return [
      """
      Alpha has changed the fee from \(before.values.feeInWords) to \
      \(after.values.feeInWords): settings version \(after.version).
      """,
      """
      Beta's copy followed in \(inWords(try await beta)), Charlie's in \
      \(inWords(try await charlie)). Neither service queries Alpha.
      """,
    ]
  }

  private func transition() async throws -> [String] {
    let cart: CartView = try await requests.post(
      "/api/carts", to: .beta, purpose: "Beta to open a cart", request: requestID, key: "cart")
    let quote = cart.quote
    let (_, after) = try await keeper.changeFee()
    let price = try Money(decimal: "10", currency: quote.fee.currency)
    let wish = OrderWish(
      product: Self.product, price: PriceText(price.decimal), approves: true, requestID: requestID)
    let checkout: CheckoutView = try await requests.post(
      "/api/carts/\(cart.id)/checkout", to: .beta, purpose: "Beta to capture the order",
      request: requestID, key: "checkout", body: try wish.checkout(quote: quote.id, price: price))
    work.withLock { $0 = Work(cart: cart, order: checkout.orderId) }
    let order: DemoOrder = try await requests.get(
      "/api/orders/\(checkout.orderId)", from: .alpha, purpose: "Alpha to receive the order",
      awaits: [404])
    let due = try Pricing(price: price, fee: quote.fee, discount: quote.discount).total
    guard order.total == due else {
      throw Failure(
        .refused,
        """
        the promise gives a total of \(due), and Alpha's order \(checkout.orderId) has \
        \(order.total?.formatted ?? "none")
        """)
    }
    let discount = quote.discount.amount == 0 ? "" : " less a discount of \(quote.discount)"
    return [
      "Beta has promised a fee of \(quote.fee) by settings version \(quote.settingsVersion).",
      "Then Alpha has changed it to \(after.values.feeInWords): settings version \(after.version).",
      """
      The order carries the promise, so Alpha's total is \(price) and \(quote.fee)\(discount): \
      \(due), as promised.
      """,
    ]
  }

  private func both() async throws -> [String] {
    let work = try begun()
    let _: DemoOrder = try await requests.post(
      "/api/orders/\(work.order)/approve", to: .alpha, purpose: "Alpha to approve the order",
      request: requestID, key: "approval")
    let order: DemoOrder = try await requests.get(
      "/api/orders/\(work.order)", from: .alpha, purpose: "the order to be finalized",
      until: { $0.state == "finalized" })
    guard order.outcome == "charged" else {
      throw Failure(.refused, "the order was \(order.outcome ?? "ended without an outcome")")
    }
    let version = work.cart.quote.settingsVersion
    let report: DemoFees = try await requests.get(
      "/api/ledger/fees", from: .charlie, purpose: "Charlie's fee report",
      until: { $0.fees.contains { $0.settingsVersion == version && $0.orders > 0 } })
    let line = report.fees.first { $0.settingsVersion == version }
    guard let line, line.state == "matched" else {
      throw Failure(.refused, "the fee report of version \(version) is \(line?.state ?? "missing")")
    }
    return [
      "Charlie has charged \(order.total?.formatted ?? "an unknown total"), once.", line.sentence,
      "The fee report compares the change events with the transition events: the two agree.",
    ]
  }

  private func payloads() async throws -> [String] {
    let work = try begun()
    let events: DemoEvents = try await requests.get(
      "/api/events?subject=\(work.order)", from: .overlord,
      purpose: "Overlord to receive the order's events",
      until: { $0.has(OrderFinalized.schema.type) })
    let _: CartView = try await requests.get(
      "/api/carts/\(work.cart.id)", from: .beta, purpose: "the cart to open again",
      until: { $0.isOpen(after: work.order) })
    return events.events.map(\.sentence) + [
      "The order is finalized, and Beta's order form is open again."
    ]
  }

  private func correlation() async throws -> [String] {
    let trace: DemoTrace = try await requests.get(
      "/api/traces/\(requestID.inPath)", from: .overlord, purpose: "Overlord's trace",
      awaits: [404], until: { $0.missing.isEmpty })
    return ["Request ID \(requestID), the same in all services:"] + trace.lines
  }

  // MARK: Parts

  private func copied(
    _ version: Int64, by service: Service, since start: Duration
  ) async throws -> Duration {
    let _: DemoSettings = try await requests.get(
      "/api/settings", from: service, purpose: "\(service)'s copy of the settings",
      until: { $0.version >= version })
    return requests.clock() - start
  }

  private func inWords(_ time: Duration) -> String { "\((time / .milliseconds(1)).rounded3) ms" }

  /// - Throws: ``Failure`` before the second point.
  private func begun() throws(Failure) -> Work {
    guard let work = work.withLock(\.self) else {
      throw Failure(.refused, "there is no order yet: the points are played in their order")
    }
    return work
  }
}
