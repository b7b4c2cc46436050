import Testing

/// The checker finds no problem in honest books, and finds each fraud.
@Suite("Accounting", .timeLimit(.minutes(1)))
struct AccountingTests {
  @Test
  func `honest books are in order`() throws {
    let accounting = Accounting(try demand(), try honest())
    #expect(accounting.lost.isEmpty)
    #expect(accounting.unexpected.isEmpty)
    #expect(accounting.duplicated.isEmpty)
    #expect(accounting.acknowledged == 1)
    #expect(accounting.applied == 33)
  }

  struct Fraud: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let commit: @Sendable (inout Books) -> Void

    init(_ name: String, _ commit: @escaping @Sendable (inout Books) -> Void) {
      testDescription = name
      self.commit = commit
    }
  }

  @Test(arguments: [
    Fraud("an event that Overlord never heard") { $0.events.removeLast() },
    Fraud("an order that Alpha forgot") { $0.orders = [] },
    Fraud("a charge that Charlie forgot") { $0.charges = [] },
    Fraud("a charge that was not booked") { $0.entries = [] },
    Fraud("a charge that the gateway knows nothing of") { $0.gateway = [] },
    Fraud("a cart that stays closed") { $0.carts = [["id": "cart", "state": "inFlight"]] },
    Fraud("a change of the settings that is gone") { $0.changes = [] },
    Fraud("a copy of the settings that is old") { $0.settings[.beta] = ["version": 1000] },
    Fraud("a follower that has not heard all") { $0.cursors[.beta] = ["alpha": 2] },
  ])
  func `an acknowledged and missing entry is lost`(fraud: Fraud) throws {
    var books = try honest()
    fraud.commit(&books)
    #expect(!Accounting(try demand(), books).lost.isEmpty)
  }

  @Test(arguments: [
    Fraud("an order without a request") { $0.orders.append(["id": "other"]) },
    Fraud("a charge without an order") { $0.charges.append(["orderId": "other"]) },
    Fraud("a charge of the gateway's own") {
      $0.gateway.append(GatewayCharge(key: "order:other", answer: "charged", attempts: 1))
    },
    Fraud("a total that was not promised") {
      $0.charges = [["orderId": "order", "state": "charged", "total": ["amount": 1249]]]
    },
    Fraud("an entry that does not sum to zero") {
      $0.entries = [["orderId": "order", "postings": [["account": "cash", "amount": 1250]]]]
    },
    Fraud("a ledger that is not balanced") { $0.ledger = ["balanced": false, "total": 1] },
    Fraud("a fee that was not the promised one") {
      $0.feeReport = ["fees": [["mismatches": [["orderId": "order"]]]]]
    },
    Fraud("a dead letter") { $0.deadLetters[.charlie] = 1 },
    Fraud("an event under another's request") {
      $0.events[2] = event("alpha", 2, "order.approved", ["total": ["amount": 1250]], by: "other")
    },
    Fraud("an event that comes after a later one") { $0.events.swapAt(2, 3) },
    Fraud("a change of the settings without a request") { $0.changes?.append(["version": 1002]) },
  ])
  func `an entry that no customer ordered is unexpected`(fraud: Fraud) throws {
    var books = try honest()
    fraud.commit(&books)
    #expect(!Accounting(try demand(), books).unexpected.isEmpty)
  }

  @Test(arguments: [
    Fraud("an event that Overlord has twice") { $0.events.insert($0.events[0], at: 0) },
    Fraud("a second event of the same step") {
      $0.heads[.alpha] = 4
      $0.events.append(event("alpha", 4, "order.finalized", ["outcome": "charged"]))
    },
    Fraud("two entries for one charge") { $0.entries.append($0.entries[0]) },
    Fraud("two charges for one order") { $0.charges.append($0.charges[0]) },
    Fraud("two charges at the gateway") { $0.gateway.append($0.gateway[0]) },
    Fraud("an event that a log says was applied twice") { $0.remarks.append($0.remarks[0]) },
  ])
  func `an entry that is there twice is duplicated`(fraud: Fraud) throws {
    var books = try honest()
    fraud.commit(&books)
    #expect(!Accounting(try demand(), books).duplicated.isEmpty)
  }
}

/// One order of 10.00, for which a fee of 2.50 was promised, and one change of the settings.
private func demand() throws -> Demand {
  let quote: JSON = [
    "id": "quote", "settingsVersion": 1000, "fee": ["amount": 250], "discount": ["amount": 0],
  ]
  let cart = Cart(id: "cart", quote: try Quote(quote))
  let order = Order(id: "order", cart: cart, price: 1000, requestID: "request")
  let change = SettingsChange(version: 1001, fee: 7, discount: nil, requestID: "change")
  return Demand(stories: [(order, .charged)], changes: [change])
}

private func honest() throws -> Books {
  var books = Books()
  books.heads = [.alpha: 3, .beta: 1, .charlie: 1, .overlord: 0]
  books.events = [
    event("alpha", 1, "settings.changed", [:]),
    event("beta", 1, "order.captured", ["price": ["amount": 1000]]),
    event("alpha", 2, "order.approved", ["total": ["amount": 1250]]),
    event("alpha", 3, "order.finalized", ["outcome": "charged"]),
    event("charlie", 1, "order.charged", ["total": ["amount": 1250]]),
  ]
  let total: JSON = ["amount": 1250]
  books.orders = [["id": "order", "state": "finalized", "outcome": "charged", "total": total]]
  books.carts = [
    ["id": "cart", "state": "open", "lastOrder": ["orderId": "order", "outcome": "charged"]]
  ]
  books.charges = [["orderId": "order", "state": "charged", "total": total]]
  let postings: JSON = [
    ["account": "cash", "amount": 1250], ["account": "sales", "amount": -1000],
    ["account": "fees", "amount": -250],
  ]
  books.entries = [["orderId": "order", "postings": postings]]
  books.ledger = [
    "balanced": true, "total": 0, "accounts": [["account": "cash", "balance": 1250]],
  ]
  books.gateway = [GatewayCharge(key: "order:order", answer: "charged", attempts: 2)]
  for service in [ServiceName.alpha, .beta, .charlie] {
    books.settings[service] = ["version": 1001]
  }
  let rules: JSON = ["enabled": true, "amount": 7]
  books.changes = [["version": 1001, "fee": rules, "requestId": "change"]]
  for service in ServiceName.allCases {
    books.deadLetters[service] = 0
    books.cursors[service] = ["alpha": 3, "beta": 1, "charlie": 1]
  }
  books.remarks = ["\(Books.remark)beta, alpha 3, order.finalized applied"]
  return books
}

private func event(
  _ stream: JSON, _ sequence: Int64, _ type: String, _ data: JSON, by request: JSON = "request"
) -> SeenEvent {
  SeenEvent(
    json: [
      "stream": stream, "sequence": JSON(sequence), "topic": "\(stream.text)/\(type)/v1/",
      "event": ["subject": "order", "correlationid": request, "data": data],
    ])
}
