// The reasons why Alpha refuses a command, and why it cannot apply an event. Words of the domain:
// the API states which HTTP problem a refusal is, and the journal defers or rejects an event.

import Daemon
import Schema

/// The reason why a command is refused.
enum Refusal: Error, Equatable {
  case noSettings
  case staleSettings(inForce: Int64)
  case otherCurrency(Currency, inForce: Currency)
  case invalidAmount(MoneyError, field: String)
  case invalidReason(TextError)
  case unknownOrder(Identifier)
  /// The opposite was decided, in the work that captured the order.
  case decided(Identifier, Order.Decision, requestId: String)
}

extension Refusal: CustomStringConvertible {
  /// A clause for people.
  var description: String {
    switch self {
    case .noSettings: "Alpha has no settings yet"
    case .staleSettings(let version):
      "the settings are at version \(version); the change is based on another"
    case .otherCurrency(let wanted, let currency):
      "the settings are in \(currency.code), not in \(wanted.code)"
    case .invalidAmount(let error, _): "\(error)"
    case .invalidReason(let error): "\(error)"
    case .unknownOrder(let id): "Alpha knows no order \(id)"
    case .decided(let id, let decision, _): "the order \(id) was \(decision)"
    }
  }
}

/// The reason why an event of another service cannot be applied, or not yet.
enum Objection: Error, Equatable {
  case noSettings
  case notCaptured(Identifier)
  case notApproved(Identifier)
  case productTooLong
  case noPrice(MoneyError)
}

extension Objection {
  /// The outcome of the reaction that meets it.
  var outcome: Outcome {
    switch self {
    case .noSettings: .retry("Alpha has no settings yet")
    case .notCaptured(let id): .wait("order \(id) is not captured yet")
    case .notApproved(let id): .wait("order \(id) is not approved yet")
    case .productTooLong:
      .reject("the product's name has more than \(OrderCaptured.maxProductBytes) bytes")
    case .noPrice(let error): .reject("\(error)")
    }
  }
}
