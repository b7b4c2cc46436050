// The order form as a page shows it: what was typed, what is wrong with it, and what the order will
// cost by the quote.

import Daemon
import Schema

/// The order form, with its quote and with what a person has typed.
struct ShownForm {
  private let quote: Quote
  private let draft: Draft
  private let problem: Problem?
  private let price: Money?
  private let pricing: Pricing?
  private let priceError: String?
  /// What changed settings mean for the customer; nil where they changed nothing.
  let change: Change?

  /// A sentence about changed settings, its reason, and whether the new quote is offered.
  struct Change {
    let tone: String
    let claim: String
    let reason: String
    let offersQuote: Bool
  }

  init(quote: Quote, settings: SettingsChanged?, draft: Draft, problem: Problem?) {
    self.quote = quote
    self.draft = draft
    self.problem = problem
    var pricing: Pricing?
    var priceError = problem?.field == "price" ? problem?.detail : nil
    if !draft.price.allSatisfy(\.isWhitespace) {
      do throws(MoneyError) {
        let price = try Money(entered: draft.price, currency: quote.fee.currency)
        pricing = try Pricing(price: price, fee: quote.fee, discount: quote.discount)
      } catch {
        priceError = "The price cannot be read: \(error)."
      }
    }
    self.pricing = pricing
    self.priceError = priceError
    price = pricing?.price
    change = settings.flatMap { Change(quote, under: $0, for: pricing?.price) }
  }

  func values(afterOrder: Bool) -> [String: Any] {
    var values: [String: Any] = [
      "heading": afterOrder ? "Order again" : "Order", "quoteId": quote.id,
      "quote": ShownIdentifier(quote.id), "version": quote.settingsVersion,
      "quotedAt": quote.quotedAt, "currency": quote.fee.currency, "product": draft.product,
      "price": draft.price, "promise": quote.promiseNotice,
      "shownPrice": price?.shown ?? (draft.price.isEmpty ? "not typed yet" : "unknown"),
      "fee": quote.fee.amount == 0 ? "none" : "+ \(quote.fee.shown)", "discount": discount,
      "total": pricing?.total.shown ?? (draft.price.isEmpty ? "needs a price" : "unknown"),
      "isCalm": problem == nil && priceError == nil,
    ]
    values["change"] = change
    // A refused price has the focus, and is read with its error.
    let isRefused = problem?.field == "price"
    values["said"] =
      isRefused ? nil : priceError ?? pricing.map { "The total is \($0.total.shown)." }
    values["refused"] = draft.refused
    values["priceError"] = priceError
    values["productError"] = problem?.field == "product" ? problem?.detail : nil
    return values
  }

  private var discount: String {
    guard quote.discount.amount > 0 else { return "none" }
    return pricing.map { "− \($0.discount.shown)" } ?? "− \(quote.discount.shown) at most"
  }
}

extension ShownForm.Change {
  fileprivate init?(_ quote: Quote, under settings: SettingsChanged, for price: Money?) {
    let terms = "Now there is \(settings.terms)."
    switch quote.standing(under: settings, for: price) {
    case .current: return nil
    case .stands:
      self.init(
        tone: "good", claim: "The settings have changed; your quote stands.",
        reason: price == nil
          ? "\(terms) That is not better in both, so what was promised to you stays."
          : "\(terms) For this price that is no better, so what was promised to you stays.",
        offersQuote: false)
    case .beaten:
      self.init(
        tone: "wait", claim: "The settings have changed; your quote stands.",
        reason: "\(terms) That is better for you: take the new quote, or order by the old one.",
        offersQuote: true)
    case .outdated:
      self.init(
        tone: "wait", claim: "The settings have changed.",
        reason: "\(terms) This quote has promised nothing: take a new one to see the total.",
        offersQuote: true)
    }
  }
}

extension SettingsChanged {
  /// Fee and discount in force, in words.
  fileprivate var terms: String {
    let fee = feeInForce.amount == 0 ? "no fee" : "a fee of \(feeInForce.shown)"
    let discount =
      discountInForce.amount == 0 ? "no discount" : "a discount of \(discountInForce.shown)"
    return "\(fee) and \(discount)"
  }
}

extension Quote {
  fileprivate var promiseNotice: String {
    promised
      ? "Fee and discount are promised to you, whatever changes until your order is decided."
      : "Fee and discount may change until your order is decided."
  }
}
