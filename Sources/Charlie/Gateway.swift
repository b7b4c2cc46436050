// The payment gateway: the one thing that Charlie asks and does not decide.

package import Schema

/// The payment gateway.
///
/// Asked twice with one key, it charges once and answers the same.
package protocol PaymentGateway: Sendable {
  /// Charges, or returns the reason for declining.
  ///
  /// The call begins on the thread of Charlie's commits. It must suspend, and not block.
  ///
  /// - Throws: any error, when it is unknown whether it has charged: Charlie repeats the call with
  ///   the same key, without a limit.
  func charge(_ request: GatewayRequest) async throws -> GatewayAnswer
}

/// The request to a gateway.
package struct GatewayRequest: Sendable {
  /// Fixed by the order.
  package let idempotencyKey: String
  package let product: String
  package let total: Money
}

/// The permanent answer of a gateway.
package enum GatewayAnswer: Hashable, Sendable {
  case charged
  case declined(code: String, reason: String)
}
