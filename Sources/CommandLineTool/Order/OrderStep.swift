import Events
import FoundationEssentials
import Schema

/// A step of an order, as it is printed.
enum OrderStep: Hashable, Sendable {
  case begun(requestID: String)
  case quoted(cart: String, fee: Money, discount: Money, promised: Bool, settings: Int64)
  case captured(order: String, product: String, price: Money)
  /// Alpha waits for a person.
  case waiting(total: Money?, page: String, approve: String)
  case approved(total: Money?)
  case charged(total: Money?)
  case declined(reason: String?)
  case rejected(reason: String?)
  case reopened(cart: String)
}

extension OrderStep {
  /// For people.
  var text: String {
    switch self {
    case .begun(let id): line("request", content: id)
    case .quoted(_, let fee, let discount, let promised, let settings):
      line(
        "quote",
        content: "fee \(fee.orNone), discount \(discount.orNone), "
          + (promised ? "promised" : "not promised") + " (settings version \(settings))")
    case .captured(let order, let product, let price):
      line("order", content: "\(order): \(product.escapedForTerminal) for \(price)")
    case .waiting(let total, let page, let approve):
      """
      \(line("waiting", content: "to be approved at Alpha\(total.map { ", total \($0)" } ?? ""): \(page)"))
                or: \(approve)
      """
    case .approved(let total): line("approved", content: total.map { "total \($0)" } ?? "")
    case .charged(let total): line("charged", content: total.map(\.formatted) ?? "")
    case .declined(let reason): line("declined", content: reason?.escapedForTerminal ?? "")
    case .rejected(let reason): line("rejected", content: reason?.escapedForTerminal ?? "")
    case .reopened: line("cart", content: "open again")
    }
  }

  private func line(_ name: String, content: String) -> String {
    content.isEmpty ? name : name.padded(to: 10) + content
  }

  /// For programs: an object on a line.
  var json: String {
    var members = members.compactMapValues(\.self)
    members["step"] = .string(name)
    let bytes = try? members.json()
    return bytes.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  private var name: String {
    switch self {
    case .begun: "begun"
    case .quoted: "quoted"
    case .captured: "captured"
    case .waiting: "waiting"
    case .approved: "approved"
    case .charged: "charged"
    case .declined: "declined"
    case .rejected: "rejected"
    case .reopened: "reopened"
    }
  }

  private var members: [String: JSONValue?] {
    switch self {
    case .begun(let id): ["requestId": .string(id)]
    case .quoted(let cart, let fee, let discount, let promised, let settings):
      [
        "cartId": .string(cart), "fee": fee.json, "discount": discount.json,
        "promised": .bool(promised), "settingsVersion": .integer(settings),
      ]
    case .captured(let order, let product, let price):
      ["orderId": .string(order), "product": .string(product), "price": price.json]
    case .waiting(let total, let page, let approve):
      ["total": total?.json, "page": .string(page), "approve": .string(approve)]
    case .approved(let total), .charged(let total): ["total": total?.json]
    case .declined(let reason), .rejected(let reason): ["reason": reason.map(JSONValue.string)]
    case .reopened(let cart): ["cartId": .string(cart)]
    }
  }
}

extension Money {
  fileprivate var orNone: String { amount == 0 ? "none" : formatted }

  fileprivate var json: JSONValue {
    .object(["amount": .integer(amount), "currency": .string(currency.code)])
  }
}
