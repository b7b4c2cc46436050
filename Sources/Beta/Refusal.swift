// The reasons why Beta refuses a command, and why it cannot apply an event. Words of the domain:
// the API states which HTTP problem a refusal is, and the journal defers an event.

import Daemon
import Schema

/// The reason why a command is refused, or a part of it cannot be done.
enum Refusal: Error, Equatable {
  /// Before Beta has settings it promises nothing: an unknown fee is not a fee of zero.
  case noSettings
  case unknownCart(Identifier)
  case inFlight(order: Identifier)
  case unusableQuote(Identifier, QuoteFault, cart: Identifier)
  case invalidProduct(TextError)
  case invalidPrice(MoneyError, Currency)

  enum QuoteFault {
    case unknown, spent, unkept
  }
}

extension Refusal: CustomStringConvertible {
  /// A clause for people.
  var description: String {
    switch self {
    case .noSettings: "Beta has not received Alpha's settings yet"
    case .unknownCart(let id): "Beta knows no cart \(id)"
    case .inFlight(let order): "the cart's order \(order) is in flight"
    case .unusableQuote(let id, .unknown, _): "the cart has no quote \(id)"
    case .unusableQuote(let id, .spent, _): "the quote \(id) has served another order"
    case .unusableQuote(let id, .unkept, _):
      "what the quote \(id) promised cannot be kept any more"
    case .invalidProduct(let error): "\(error)"
    case .invalidPrice(let error, _): "\(error)"
    }
  }
}
