import Foundation
import Testing

/// The work of the people of a load, one command after another.
extension Load {
  /// A customer: a cart and an order, again and again.
  func shop() async throws {
    var number = 0
    while isOpen {
      defer { number += 1 }
      let opened = try await insist(on: .beta, "a cart") {
        try await $0.post("/api/carts", headers: $1)
      }
      let cart = Cart(
        id: try #require(opened.json["id"].string), quote: try Quote(opened.json["quote"]))
      let wish = Wish.allCases[number % Wish.allCases.count]
      let price = Int64(100 + number * 37)
      let answer = try await insist(on: .beta, "a checkout") {
        try await $0.post(
          "/api/carts/\(cart.id)/checkout", cart.form(wish.product, price: price), headers: $1)
      }
      let order = Order(
        id: try #require(answer.json["orderId"].string), cart: cart, price: price,
        requestID: try #require(answer.header("X-Request-ID")))
      note(order, ends: wish.outcome)
      captured.continuation.yield((order, wish))
      try await Task.sleep(for: shape.pause)
    }
  }

  /// A clerk: approves or rejects each order, as soon as Alpha has received it.
  func decide() async throws {
    for await (order, wish) in captured.stream {
      let path = "/api/orders/\(order.id)"
      _ = try await insist(on: .alpha, "a decision", retrying: [404, 503]) {
        if wish == .unwanted {
          try await $0.post("\(path)/reject", ["reason": "out of stock"], headers: $1)
        } else {
          try await $0.post("\(path)/approve", headers: $1)
        }
      }
    }
  }

  /// The owner of the settings: another fee and another discount, again and again.
  func changeSettings() async throws {
    while isOpen {
      try await change { number in
        let fee = number % 3 == 0 ? nil : number
        let discount = number % 4 == 0 ? number : nil
        let answer = try await insist(on: .alpha, "a change of the settings") {
          try await $0.put(
            "/api/settings", settings(fee: fee, discount: discount),
            headers: $1.merging(["If-Match": "*"]) { $1 })
        }
        return SettingsChange(
          version: try #require(answer.json["version"].int), fee: fee, discount: discount,
          requestID: try #require(answer.header("X-Request-ID")))
      }
      try await Task.sleep(for: shape.changes)
    }
  }

  /// Sends a command until it is answered with a 2xx: always with the same Idempotency-Key and
  /// Request ID, and a moment apart, as a client does that knows a service may be away.
  ///
  /// - Parameter statuses: answers that mean “not now”.
  private func insist(
    on service: ServiceName, _ what: String, retrying statuses: Set<Int> = [503],
    _ send: (HTTPClient, [String: String]) async throws -> HTTPAnswer
  ) async throws -> HTTPAnswer {
    let id = "load-\(UUID().uuidString.lowercased())"
    let headers = ["Idempotency-Key": id, "X-Request-ID": id]
    let end = ContinuousClock.now + .seconds(40)
    var last = "nothing"
    while ContinuousClock.now < end {
      noteSent()
      do {
        let answer = try await send(try await deployment.http(service), headers)
        if answer.status < 300 {
          noteAcknowledged()
          return answer
        }
        last = "\(answer)"
        guard statuses.contains(answer.status) else { break }
      } catch {
        last = "\(error)"
      }
      try await Task.sleep(for: .milliseconds(30))
    }
    throw UnansweredCommand(description: "\(service) gave no \(what) for \(id): \(last)")
  }
}

/// A command that came to nothing, however often it was sent.
struct UnansweredCommand: Error, CustomStringConvertible {
  let description: String
}

/// The product that a customer orders, which selects the behaviour of the gateway and the clerk.
enum Wish: CaseIterable, Sendable {
  case plain
  case declined
  case slow
  case unwanted
  case failing

  var product: String {
    switch self {
    case .plain, .unwanted: "widget"
    case .declined: "test-decline-51"
    case .slow: "test-slow-50"
    case .failing: "test-fail-1"
    }
  }

  var outcome: Outcome {
    switch self {
    case .plain, .slow, .failing: .charged
    case .declined: .declined
    case .unwanted: .rejected
    }
  }
}
