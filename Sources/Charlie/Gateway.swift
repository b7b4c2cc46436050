// The payment gateway: the one thing that Charlie asks and does not decide.

import Schema

/// Whoever takes the money.
///
/// Asked twice with one key, it charges once and answers the same.
protocol PaymentGateway: Sendable {
  /// Charges, or says why not.
  ///
  /// - Throws: anything, when it cannot be known whether it has charged: Charlie asks again with
  ///   the same key, for ever.
  func charge(_ request: GatewayRequest) async throws -> GatewayAnswer
}

/// What a gateway is asked for.
struct GatewayRequest: Sendable {
  /// Fixed by the order.
  let idempotencyKey: String
  let product: String
  let total: Money
}

/// What a gateway answers, for good.
enum GatewayAnswer: Hashable, Sendable {
  case charged
  case declined(code: String, reason: String)
}
