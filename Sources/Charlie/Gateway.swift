// The payment gateway: the one thing that Charlie asks and does not decide.

package import Schema

/// The payment gateway.
///
/// Asked twice with one key, it charges once and answers the same.
package protocol PaymentGateway: Sendable {
  /// Charges, or says why not.
  ///
  /// - Throws: anything, when it cannot be known whether it has charged: Charlie asks again with
  ///   the same key, for ever.
  func charge(_ request: GatewayRequest) async throws -> GatewayAnswer
}

/// What a gateway is asked for.
package struct GatewayRequest: Sendable {
  /// Fixed by the order.
  package let idempotencyKey: String
  package let product: String
  package let total: Money
}

/// What a gateway answers, for good.
package enum GatewayAnswer: Hashable, Sendable {
  case charged
  case declined(code: String, reason: String)
}
