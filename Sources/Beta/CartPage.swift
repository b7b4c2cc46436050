// The page of a cart: the progress and the outcome of its order, and the order form with what the
// order will cost.

import Daemon
import Schema

/// What a person has typed into the order form, and the quote that the form has shown them.
struct Draft {
  /// The query parameters in which a page takes it; `from` is a field of the pane's form.
  static let parameters = ["product", "price", "quoteId", "refused", "from"]
  /// The value of `refused` where a field was wrong.
  static let fields = "fields"

  let product: String
  let price: String
  let quoteId: Identifier?
  /// What was wrong with the form when it was last sent: its ``fields``, or the quote that it
  /// named; nil where nothing was.
  ///
  /// The page checks it again each time it is shown, so that a refusal stays until it is corrected.
  let refused: String?

  init(_ query: [String: String]) {
    self.init(query, refused: query["refused"])
  }

  /// The form that was refused for a problem.
  init(_ form: [String: String], refusedFor problem: Problem) {
    let quote = form["quoteId"].flatMap { $0.isEmpty ? nil : $0 } ?? "none"
    self.init(form, refused: problem.isAboutField ? Self.fields : quote)
  }

  private init(_ fields: [String: String], refused: String?) {
    product = fields["product"] ?? ""
    price = fields["price"] ?? ""
    quoteId = fields["quoteId"].flatMap { Identifier($0) }
    self.refused = refused
  }
}

extension Problem {
  /// Whether the form shows it at the field that is wrong.
  fileprivate var isAboutField: Bool { field == "product" || field == "price" }
}

/// A cart as its page or the pane shows it.
struct CartPage {
  let cart: Cart
  let draft: Draft
  let place: Place

  func page(in snapshot: Snapshot) throws -> WebPage {
    let placed = try snapshot.placedOrders(of: cart.id, limit: 1).first
    let quote = try quote(in: snapshot)
    let refusal = try refusal(by: quote, in: snapshot)
    let problem = refusal?.problem
    var values: [String: Any] = [
      "cartId": cart.id, "cart": ShownIdentifier(cart.id), "isPane": place == .pane,
    ]
    values["order"] = placed?.progress
    var news = placed?.news ?? ""
    if cart.state == .open {
      let form = ShownForm(
        quote: quote, settings: try snapshot.currentSettings(), draft: draft, problem: problem)
      values["form"] = form.values(afterOrder: placed != nil)
      if let change = form.change { news += (news.isEmpty ? "" : "\n") + change.claim }
    } else if !(draft.product + draft.price).isEmpty {
      values["held"] = draft
    }
    if let problem, !problem.isAboutField {
      values["refusal"] = [
        "detail": (refusal as? Refusal)?.words ?? problem.detail, "remedy": remedy(for: problem),
      ]
    }
    var page = try WebPage(
      "cart", title: placed?.title ?? "Your order", values: values, in: snapshot)
    page.news = news
    // The address of a form that was refused shows no page.
    page.reloads = cart.state == .inFlight && draft.refused == nil
    page.isPane = place == .pane
    page.isAnnouncedAround = page.isPane
    return page
  }

  /// The quote that the form shows: the one that it has shown, while an order can be placed by it.
  private func quote(in reader: some Reader) throws -> Quote {
    guard let id = draft.quoteId, let known = try reader.quote(id), known.cartId == cart.id,
      known.orderId == nil, known.quote.promised == cart.quote.promised
    else { return cart.quote }
    return known.quote
  }

  /// What is still wrong of that for which the form was refused; nil where it is right now.
  private func refusal(
    by quote: Quote, in reader: some Reader
  ) throws -> (any ProblemRepresentable)? {
    guard let refused = draft.refused else { return nil }
    let isAboutFields = refused == Draft.fields
    do {
      let form = OrderForm(
        quoteId: isAboutFields ? quote.id.description : refused, product: draft.product,
        price: isAboutFields ? draft.price : "0", from: nil)
      let wanted = try form.wanted(from: cart, in: reader)
      if isAboutFields {
        try wanted.validate(against: quote)
      } else {
        _ = try cart.quote(
          for: wanted, known: try reader.quote(wanted.quoteId),
          carriesPromises: cart.quote.promised)
      }
      return nil
    } catch let refusal as any ProblemRepresentable {
      return refusal.problem.isAboutField == isAboutFields ? refusal : nil
    }
  }

  /// A remedy on this page, where the API's names a call.
  private func remedy(for problem: Problem) -> String {
    guard problem.field == "quoteId" else { return problem.remedy }
    return "The form below has a new quote: check the total, and order once more."
  }
}

extension Refusal {
  /// A sentence for the customer, who sees what it is about.
  fileprivate var words: String {
    switch self {
    case .inFlight: "An order of this cart is in flight."
    case .unusableQuote(_, .unknown, _): "This cart has no such quote any more."
    case .unusableQuote(_, .spent, _): "The form's quote has served another order."
    case .unusableQuote(_, .unkept, _):
      "What the form's quote promised cannot be kept any more."
    default: description.asSentence
    }
  }
}
