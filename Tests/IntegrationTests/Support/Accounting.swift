/// The requests to the system beside its records: the one checker of every story.
///
/// Both sides are reduced to facts: sentences of a service about an order, a charge or an event. A
/// wrong total is therefore found twice: the right one is lost, the wrong one unexpected. It is a
/// value, without processes.
struct Accounting: Sendable {
  /// How many orders were asked for, each of which was acknowledged.
  let acknowledged: Int
  /// The facts that must hold, by the acknowledgements.
  private let due: Set<String>
  /// The facts that hold, and the number of times each was found.
  private let found: [String: Int]

  init(_ demand: Demand, _ books: Books) {
    acknowledged = demand.stories.count
    due = Set(demand.facts + books.dueByThemselves)
    found = Dictionary(books.facts.map { ($0, 1) }, uniquingKeysWith: +)
  }

  /// How many facts were found, each counted once.
  var applied: Int { found.count }

  /// Acknowledged, and not there.
  var lost: [String] { due.filter { found[$0] == nil }.sorted() }

  /// There, and by nothing that was asked for.
  var unexpected: [String] {
    found.keys.filter { !due.contains($0) && !$0.hasPrefix(Books.remark) }.sorted()
  }

  /// There more than once, where once is right.
  var duplicated: [String] { found.filter { $0.value > 1 }.keys.sorted() }
}

/// The requests of people that were acknowledged.
struct Demand: Sendable {
  /// Every order that was acknowledged, with the end that it must come to.
  var stories: [(order: Order, outcome: Outcome)]
  /// The changes of the settings in their order; nil where a story does not keep count of them.
  var changes: [SettingsChange]?
}

/// A change of the settings that was acknowledged.
struct SettingsChange: Sendable {
  let version: Int64
  let fee: Int64?
  let discount: Int64?
  let requestID: String
}

extension Demand {
  fileprivate var facts: [String] {
    let charged = stories.filter { $0.outcome == .charged }.map(\.order)
    return stories.flatMap { facts($0.order, $0.outcome) } + cartFacts + changeFacts + [
      Fact.cash(charged.reduce(0) { $0 + $1.total }), Fact.balanced(true, sum: 0),
      Fact.feesUnmatched([]),
    ]
  }

  private func facts(_ order: Order, _ outcome: Outcome) -> [String] {
    let total: Int64? = order.total
    var facts = [
      Fact.event("order.captured", order.id, order.requestID, "at \(order.price)"),
      Fact.event("order.finalized", order.id, order.requestID, outcome.rawValue),
      Fact.order(order.id, "finalized", outcome.rawValue, total: total),
    ]
    guard outcome != .rejected else {
      return facts + [Fact.event("order.rejected", order.id, order.requestID, "")]
    }
    facts += [
      Fact.event("order.approved", order.id, order.requestID, "for \(order.total)"),
      Fact.charge(order.id, outcome.rawValue, total: total),
    ]
    if order.total > 0 { facts.append(Fact.gateway(order.id, outcome.rawValue)) }
    guard outcome == .charged else {
      return facts + [Fact.event("order.declined", order.id, order.requestID, "")]
    }
    facts.append(Fact.event("order.charged", order.id, order.requestID, "for \(order.total)"))
    let fee = order.cart.quote.fee
    let discount = order.price + fee - order.total
    // An order that costs nothing and promised nothing moves nothing.
    if order.price + fee > 0 {
      facts.append(
        Fact.entry(
          order.id, cash: order.total, discounts: discount, sales: -order.price, fees: -fee))
    }
    return facts
  }

  /// A cart shows its last order; ids of orders grow.
  private var cartFacts: [String] {
    Dictionary(grouping: stories, by: \.order.cart.id).compactMap { cart, stories in
      stories.max { $0.order.id < $1.order.id }
        .map { Fact.cart(cart, "open", after: $0.order.id, $0.outcome.rawValue) }
    }
  }

  private var changeFacts: [String] {
    (changes ?? []).map {
      Fact.settings($0.version, fee: $0.fee, discount: $0.discount, $0.requestID)
    }
  }
}

/// The sentences in which what was asked for and what is there are compared.
enum Fact {
  static func event(_ type: String, _ order: String, _ request: String, _ what: String) -> String {
    "Overlord has \(type) of order \(order) under \(request) \(what)"
  }

  static func heard(_ stream: String, _ sequence: Int64) -> String {
    "Overlord has \(stream) \(sequence)"
  }

  static func order(_ id: String, _ state: String, _ outcome: String, total: Int64?) -> String {
    "Alpha has order \(id) \(state), \(outcome), for \(total ?? -1)"
  }

  static func charge(_ order: String, _ state: String, total: Int64?) -> String {
    "Charlie has order \(order) \(state), for \(total ?? -1)"
  }

  static func gateway(_ order: String, _ answer: String) -> String {
    "the gateway has \(answer) order \(order)"
  }

  static func entry(
    _ order: String, cash: Int64, discounts: Int64, sales: Int64, fees: Int64
  ) -> String {
    "the ledger has order \(order): cash \(cash), discounts \(discounts), sales \(sales), "
      + "fees \(fees)"
  }

  static func cart(_ id: String, _ state: String, after order: String, _ outcome: String) -> String
  {
    "Beta has cart \(id) \(state) after order \(order), \(outcome)"
  }

  static func settings(
    _ version: Int64, fee: Int64?, discount: Int64?, _ request: String
  ) -> String {
    "Alpha has settings \(version): fee \(fee ?? 0), discount \(discount ?? 0), by \(request)"
  }

  static func copy(_ service: ServiceName, _ settings: JSON) -> String {
    "\(service) has the settings \(settings)"
  }

  static func cash(_ amount: Int64) -> String { "the ledger has \(amount) in cash" }

  static func balanced(_ balanced: Bool, sum: Int64) -> String {
    "the ledger is balanced: \(balanced), with a sum of \(sum)"
  }

  static func feesUnmatched(_ orders: [String]) -> String {
    "the fee report names \(orders)"
  }

  static func cursor(_ service: ServiceName, _ stream: String, _ sequence: Int64) -> String {
    "\(service) has applied \(stream) up to \(sequence)"
  }

  static func deadLetters(_ service: ServiceName, _ count: Int64) -> String {
    "\(service) has \(count) dead letters"
  }
}
