import Daemon
import Events
import FoundationEssentials
import Runtime
import Schema

/// A customer that turns to another replica when one does not answer.
struct TakeoverCustomer: Sendable {
  let alphas: [ServiceClient]
  let betas: [ServiceClient]

  /// The time for which one answer is waited for.
  private static let patience = Duration.seconds(60)
  /// The pause between two looks at an order; the measured times are that much longer at most.
  private static let pause = Duration.milliseconds(20)

  /// Orders again and again.
  ///
  /// - Returns: the orders, all finalized.
  func orders(until isOver: Latch) async throws -> [String] {
    var orders: [String] = []
    while !isOver.isOpen { orders.append(try await order()) }
    return orders
  }

  /// Orders, and waits until Alpha has finalized the order.
  ///
  /// A step without an answer is sent again with its key, to the next replica.
  ///
  /// - Returns: the order.
  func order() async throws -> String {
    let key = RuntimeContext.system.identifier().description
    let cart: CartView = try await ask(betas, purpose: "a cart") {
      try await $0.post("/api/carts", headers: ["Idempotency-Key": "\(key)-cart"])
    }
    let wish = OrderWish(
      product: "widget", price: PriceText("10.00"), approves: false, requestID: key)
    let body = try wish.checkout(
      quote: cart.quote.id, price: wish.money(in: cart.quote.fee.currency))
    let order: CheckoutView = try await ask(betas, purpose: "a checkout") {
      try await $0.post(
        "/api/carts/\(cart.id)/checkout", headers: ["Idempotency-Key": "\(key)-checkout"],
        body: body)
    }
    let _: OrderView = try await ask(
      alphas, purpose: "order \(order.orderId)", until: { $0.state == "finalized" },
      asking: { try await $0.get("/api/orders/\(order.orderId)") })
    return order.orderId
  }

  /// Asks the replicas of a service in turn, until one answers as expected.
  ///
  /// - Throws: ``Failure``, for a refusal, or when the time is over.
  private func ask<Value: Decodable>(
    _ replicas: [ServiceClient], purpose: String, until: (Value) -> Bool = { _ in true },
    asking: (ServiceClient) async throws -> ServiceAnswer
  ) async throws -> Value {
    let patience = Patience(Self.patience, RuntimeContext.system.uptime)
    var turn = 0
    while !patience.isOver {
      let client = replicas[turn % replicas.count]
      turn += 1
      do {
        let answer = try await asking(client.within(patience))
        if let value: Value = try Self.value(of: answer, from: client), until(value) {
          return value
        }
      } catch is Unreachable {
      } catch is Unanswered {
      }
      await Latch().wait(atMost: Self.pause)
      try Task.checkCancellation()
    }
    throw Failure(.timedOut, "\(purpose) has no end after \(Self.patience.inSeconds).")
  }

  /// The value of an answer; nil where it is to be asked for again.
  private static func value<Value: Decodable>(
    of answer: ServiceAnswer, from client: ServiceClient
  ) throws -> Value? {
    switch answer.status {
    case 200..<300: return try Value(json: answer.body)
    // Alpha does not know the order yet, or the database of a service is away for a moment.
    case 404, 503: return nil
    default:
      let problem = (try? ProblemView(json: answer.body))?.sentence ?? ""
      throw Failure(.refused, "\(client.service) refused (\(answer.status)). \(problem)")
    }
  }
}
