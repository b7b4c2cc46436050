import GRDB

/// All records of the services about their work, read when it is quiet: by HTTP, from the gateway's
/// file and from the logs.
struct Books: Sendable {
  /// The log lines are not compared with demands, as long as each appears once.
  static let remark = "told: "

  var heads: [ServiceName: Int64] = [:]
  /// Overlord's events, in its order.
  var events: [SeenEvent] = []
  var orders: [JSON] = []
  var carts: [JSON] = []
  var charges: [JSON] = []
  var entries: [JSON] = []
  var ledger = JSON.null
  var feeReport = JSON.null
  var gateway: [GatewayCharge] = []
  /// Alpha's settings in force, and the copies of the others.
  var settings: [ServiceName: JSON] = [:]
  /// The requested changes of the settings; nil where they are not counted.
  var changes: [JSON]?
  var cursors: [ServiceName: [String: Int64]] = [:]
  var deadLetters: [ServiceName: Int64] = [:]
  /// The outcomes of events by the log of each service, all its runs.
  var remarks: [String] = []
}

// MARK: As facts

extension Books {
  /// Facts that must hold for any requests: every service has received every event.
  var dueByThemselves: [String] {
    let streams = [ServiceName.alpha, .beta, .charlie]
    let heard = streams.flatMap { stream in
      (0..<(heads[stream] ?? 0)).map { Fact.heard(stream.rawValue, $0 + 1) }
    }
    let cursors = ServiceName.allCases.flatMap { service in
      service.follows.map { Fact.cursor(service, $0.rawValue, heads[$0] ?? 0) }
    }
    let copies = [ServiceName.alpha, .beta, .charlie].map {
      Fact.copy($0, settings[.alpha] ?? .null)
    }
    return heard + cursors + copies + ServiceName.allCases.map { Fact.deadLetters($0, 0) }
  }

  var facts: [String] {
    let cash = ledger["accounts"].list.first { $0["account"] == "cash" }?["balance"].int
    let named = feeReport["unknown"].list + feeReport["fees"].list.flatMap { $0["mismatches"].list }
    return eventFacts + orderFacts + serviceFacts + remarks + [
      Fact.cash(cash ?? 0),
      Fact.balanced(ledger["balanced"] == true, sum: ledger["total"].int ?? -1),
      Fact.feesUnmatched(named.map { $0["orderId"].text }),
    ]
  }

  private var eventFacts: [String] {
    var last: [String: Int64] = [:]
    return events.flatMap { event in
      // An event that comes after a later one of its stream is none that anybody expects.
      let isInOrder = event.sequence >= last[event.stream] ?? 0
      last[event.stream] = max(event.sequence, last[event.stream] ?? 0)
      let heard = Fact.heard(event.stream, event.sequence)
      let place = isInOrder ? heard : heard + ", after a later one"
      guard event.type != "settings.changed" else { return [place] }
      return [
        place,
        Fact.event(event.type, event.subject, event.correlationID ?? "nothing", event.statement),
      ]
    }
  }

  private var orderFacts: [String] {
    orders.map {
      Fact.order(
        $0["id"].text, $0["state"].text, $0["outcome"].text, total: $0["total"]["amount"].int)
    }
      + carts.map {
        Fact.cart(
          $0["id"].text, $0["state"].text, after: $0["lastOrder"]["orderId"].text,
          $0["lastOrder"]["outcome"].text)
      }
      + charges.map {
        Fact.charge($0["orderId"].text, $0["state"].text, total: $0["total"]["amount"].int)
      } + entries.map(\.entryFact) + gateway.map(\.fact)
  }

  private var serviceFacts: [String] {
    let cursors = ServiceName.allCases.flatMap { service in
      service.follows.map {
        // A stream without events leaves no cursor.
        Fact.cursor(service, $0.rawValue, self.cursors[service]?[$0.rawValue] ?? 0)
      }
    }
    let changes = (changes ?? []).map {
      Fact.settings(
        $0["version"].int ?? 0, fee: $0.amount(of: "fee"), discount: $0.amount(of: "discount"),
        $0["requestId"].text)
    }
    return cursors + changes + settings.map { Fact.copy($0.key, $0.value) }
      + deadLetters.map { Fact.deadLetters($0.key, $0.value) }
  }
}

extension SeenEvent {
  /// The event's data about its order, beside its type.
  fileprivate var statement: String {
    switch type {
    case "order.captured": "at \(data["price"]["amount"].int ?? -1)"
    case "order.approved", "order.charged": "for \(data["total"]["amount"].int ?? -1)"
    case "order.finalized": data["outcome"].text
    default: ""
    }
  }
}

extension JSON {
  /// An entry whose postings do not sum to zero is marked.
  fileprivate var entryFact: String {
    let postings = self["postings"].list
    func amount(_ account: JSON) -> Int64 {
      postings.filter { $0["account"] == account }.reduce(0) { $0 + ($1["amount"].int ?? 0) }
    }
    let sum = postings.reduce(0) { $0 + ($1["amount"].int ?? 0) }
    return Fact.entry(
      self["orderId"].text, cash: amount("cash"), discounts: amount("discounts"),
      sales: amount("sales"), fees: amount("fees")) + (sum == 0 ? "" : ", a sum of \(sum)")
  }

  fileprivate func amount(of rule: String) -> Int64? {
    self[rule]["enabled"] == true ? self[rule]["amount"].int : nil
  }
}

extension GatewayCharge {
  fileprivate var fact: String {
    let answer = self.answer.map { $0.hasPrefix("declined") ? "declined" : $0 } ?? "not answered"
    return Fact.gateway(String(key.trimmingPrefix("order:")), answer)
  }
}
