import Testing

/// A cart with the quote that its order form shows.
struct Cart: Sendable {
  let id: String
  let quote: Quote

  /// The order form, filled in.
  func form(_ product: String, price: Int64) -> JSON {
    [
      "quoteId": JSON(stringLiteral: quote.id), "product": JSON(stringLiteral: product),
      "price": ["amount": JSON(price), "currency": "USD"],
    ]
  }
}

/// The promise to a customer, in cents.
struct Quote: Sendable {
  let id: String
  let settingsVersion: Int64
  let fee: Int64
  let discount: Int64

  init(_ json: JSON) throws {
    id = try #require(json["id"].string)
    settingsVersion = try #require(json["settingsVersion"].int)
    fee = try #require(json["fee"]["amount"].int)
    discount = try #require(json["discount"]["amount"].int)
  }

  /// The cost of an order of this price by the promise.
  func total(_ price: Int64) -> Int64 { price + fee - min(discount, price + fee) }
}

/// An order that Beta has captured.
struct Order: Sendable {
  let id: String
  let cart: Cart
  let price: Int64
  /// The Request ID of the checkout, and so the id of all work on the order.
  let requestID: String

  /// The promised amount to pay, in cents.
  var total: Int64 { cart.quote.total(price) }
}

/// How an order came to its end.
enum Outcome: String, Sendable {
  case charged, declined, rejected
}

/// The work of customers and clerks, over HTTP.
extension Deployment {
  /// A cart with a first quote.
  ///
  /// Beta is ready without Alpha, which may take longer to start than Beta waits for it; but it
  /// quotes only from received settings.
  func openCart() async throws -> Cart {
    var answer = try await http(.beta).post("/api/carts")
    if answer.status == 503 {
      try await logged("the settings", by: .beta) { $0.message == "settings.changed applied" }
      answer = try await http(.beta).post("/api/carts")
    }
    try #require(answer.status == 201, "\(answer)")
    return Cart(
      id: try #require(answer.json["id"].string), quote: try Quote(answer.json["quote"]))
  }

  /// Sends the order form.
  func checkOut(
    _ cart: Cart, _ product: String = "widget", price: Int64 = 1000,
    headers: [String: String] = [:]
  ) async throws -> HTTPAnswer {
    try await http(.beta).post(
      "/api/carts/\(cart.id)/checkout", cart.form(product, price: price), headers: headers)
  }

  /// An order that was captured, from the cart that is given or a new one.
  func order(
    _ product: String = "widget", price: Int64 = 1000, cart: Cart? = nil,
    headers: [String: String] = [:]
  ) async throws -> Order {
    let cart = if let cart { cart } else { try await openCart() }
    let answer = try await checkOut(cart, product, price: price, headers: headers)
    try #require(answer.status == 202, "\(answer)")
    return Order(
      id: try #require(answer.json["orderId"].string), cart: cart, price: price,
      requestID: try #require(answer.header("X-Request-ID")))
  }

  /// Waits until Alpha has the order, and approves it.
  @discardableResult
  func approve(_ order: Order, headers: [String: String] = [:]) async throws -> HTTPAnswer {
    try await heard(.alpha, "order.captured applied", order)
    let answer = try await http(.alpha).post("/api/orders/\(order.id)/approve", headers: headers)
    try #require(answer.status == 200, "\(answer)")
    return answer
  }

  /// Waits for a log line about an order, in any run of a service.
  @discardableResult
  func heard(_ service: ServiceName, _ message: String, _ order: Order) async throws -> OutputLine {
    let known = lines(service).first { $0.message == message && $0.orderID == order.id }
    if let known { return known }
    return try await logged("“\(message)” about order \(order.id)", by: service) {
      $0.message == message && $0.orderID == order.id
    }
  }

  /// Waits until Beta and Overlord have received the ends of the orders.
  ///
  /// A killed run may have committed it without logging it; the next run shows it, or still
  /// receives it.
  func finished(_ orders: [Order]) async throws {
    for service in [ServiceName.beta, .overlord] {
      let message = "order.finalized applied"
      let told = Set(lines(service).filter { $0.message == message }.compactMap(\.orderID))
      for order in orders where !told.contains(order.id) {
        if try await !showsEnd(of: order, at: service) { try await heard(service, message, order) }
      }
    }
  }

  func finished(_ orders: Order...) async throws {
    try await finished(orders)
  }

  private func showsEnd(of order: Order, at service: ServiceName) async throws -> Bool {
    guard history(service).count > 1 else { return false }
    if service == .overlord {
      return try await !events("order.finalized", of: order).isEmpty
    }
    return try await betaCart(order.cart)["lastOrder"]["orderId"].text == order.id
  }

  /// The log of all runs of a service.
  func lines(_ service: ServiceName) -> [OutputLine] {
    history(service).flatMap(\.lines)
  }

  /// An order as Alpha has it.
  func alphaOrder(_ order: Order) async throws -> JSON {
    try await http(.alpha).get("/api/orders/\(order.id)").json
  }

  /// A cart as Beta has it.
  func betaCart(_ cart: Cart) async throws -> JSON {
    try await http(.beta).get("/api/carts/\(cart.id)").json
  }

  /// A charge as Charlie has it.
  func charge(_ order: Order) async throws -> JSON {
    try await http(.charlie).get("/api/charges/\(order.id)").json
  }
}

/// The work of the owner of the settings, over HTTP.
extension Deployment {
  /// Changes the settings in force; amounts in cents, nil for a rule that is off.
  @discardableResult
  func change(
    fee: Int64?, discount: Int64?, headers: [String: String] = [:]
  ) async throws -> HTTPAnswer {
    let alpha = try await http(.alpha)
    let tag = try #require(try await alpha.get("/api/settings").header("ETag"))
    let answer = try await alpha.put(
      "/api/settings", settings(fee: fee, discount: discount),
      headers: headers.merging(["If-Match": tag]) { $1 })
    try #require(answer.status == 200, "\(answer)")
    return answer
  }

  /// Changes the settings, and waits until a service has its copy.
  func change(fee: Int64?, discount: Int64?, heardBy service: ServiceName) async throws {
    let counts = Dictionary(
      uniqueKeysWithValues: runs(of: service).map { ($0.pid, $0.lines.count) })
    try await change(fee: fee, discount: discount)
    try await logged("the change", by: service, after: counts) {
      $0.message == "settings.changed applied"
    }
  }
}

/// Settings as they are asked for.
func settings(fee: Int64?, discount: Int64?, currency: JSON = "USD") -> JSON {
  func rule(_ amount: Int64?) -> JSON {
    ["enabled": JSON(booleanLiteral: amount != nil), "amount": JSON(amount ?? 0)]
  }
  return ["currency": currency, "fee": rule(fee), "discount": rule(discount)]
}
