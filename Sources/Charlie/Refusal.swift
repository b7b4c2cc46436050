// The reasons why Charlie refuses a request, and why it cannot charge an order. Words of the
// domain: the API states which HTTP problem a refusal is, and the journal rejects an event.

import Daemon
import Schema

/// The reason why a request is refused.
enum Refusal: Error, Equatable {
  case noSettings
  case unknownCharge(order: Identifier)
}

extension Refusal: CustomStringConvertible {
  /// A clause for people.
  var description: String {
    switch self {
    case .noSettings: "Charlie has not received Alpha's settings yet"
    case .unknownCharge(let order): "Charlie knows no charge of order \(order)"
    }
  }
}

/// The reason why an approved order can never be charged as it is.
///
/// A service that other people wrote may publish any amount. What no price, fee and discount that
/// were entered could come to would overflow the ledger or be booked in the wrong currency.
enum Objection: Error, Equatable {
  case impossibleTotal(Money)
  case impossiblePart
  case foreignParts(Currency)
}

extension Objection: CustomStringConvertible {
  /// A clause for people.
  var description: String {
    switch self {
    case .impossibleTotal(let total): "the total, \(total), is no price and fee that can be entered"
    case .impossiblePart: "a part of the total cannot be entered"
    case .foreignParts(let currency): "the parts are not in the total's currency, \(currency)"
    }
  }
}
