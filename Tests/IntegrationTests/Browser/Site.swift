import Foundation
import Testing

/// The four services at addresses that stay the same when a daemon is started again, so that open
/// pages find it.
struct Site: Sendable {
  let deployment: Deployment
  /// The port of the first service.
  private let base: Int

  init(_ deployment: Deployment) throws {
    self.deployment = deployment
    base = try freePorts(ServiceName.allCases.count)
  }

  func address(_ service: ServiceName, _ path: String = "/") -> String {
    "http://127.0.0.1:\(port(service))\(path)"
  }

  private func port(_ service: ServiceName) -> Int {
    base + (ServiceName.allCases.firstIndex(of: service) ?? 0)
  }

  /// Starts a service, and waits for nothing.
  func launch(_ service: ServiceName) throws {
    let shown = service == .overlord ? [ServiceName.alpha, .beta, .charlie] : []
    try deployment.launch(
      service, shown.flatMap { ["--overlord-pages-\($0)", address($0, "")] },
      port: UInt16(port(service)))
  }

  /// Starts all four, and waits until customers can order.
  fileprivate func start() async throws {
    for service in ServiceName.allCases { try launch(service) }
    for service in ServiceName.allCases { try await deployment[service].ready() }
    try await deployment[.beta].logged("settings.changed applied")
  }
}

/// Gives a test the four services and a browser.
func withSite<Value: Sendable>(
  _ test: (Site, Browser) async throws -> Value
) async throws -> Value {
  try await withDeployment { deployment in
    let site = try Site(deployment)
    try await site.start()
    return try await withBrowser(in: deployment.folder) { try await test(site, $0) }
  }
}

// MARK: The work of people by the pages

extension Site {
  /// Opens a tab with a page, which must be there.
  func open(_ path: String, of service: ServiceName, in browser: Browser) async throws -> Tab {
    let address = address(service, path)
    let status = try await deployment.http(service).get(path).status
    #expect(status == 200, "\(address)")
    return try await browser.tab(at: address)
  }

  /// Opens an order form at Beta's first page, and returns the cart.
  func openForm(in tab: Tab) async throws -> Cart {
    try await tab.open(address(.beta))
    try await tab.press("Start an order")
    try await tab.wait("an order form", until: "document.querySelector('#product')")
    let id = try await tab.address.split(separator: "/").last.map(String.init) ?? ""
    let cart = try await deployment.http(.beta).get("/api/carts/\(id)").json
    return Cart(id: id, quote: try Quote(cart["quote"]))
  }

  /// The order of a cart, once a form was sent.
  func order(of cart: Cart, price: Int64) async throws -> Order {
    let json = try await deployment.http(.beta).get("/api/carts/\(cart.id)").json
    let id = json["orderId"].string ?? json["lastOrder"]["orderId"].text
    let unknown = Order(id: id, cart: cart, price: price, requestID: "")
    try await deployment.heard(.alpha, "order.captured applied", unknown)
    let known = try await deployment.alphaOrder(unknown)
    return Order(id: id, cart: cart, price: price, requestID: known["requestId"].text)
  }

  /// A dozen orders in all states, some of them of this tab's customer, and a dead letter of Alpha.
  ///
  /// - Returns: pages about some of them.
  func fill(by tab: Tab) async throws -> [FoundPage] {
    var pages: [FoundPage] = []
    var orders: [Order] = []
    try await deployment.change(fee: 2000, discount: 500, heardBy: .beta)
    for (number, wish) in SampleWish.all.enumerated() {
      let cart = number < 4 ? try await openForm(in: tab) : try await deployment.openCart()
      let order = try await deployment.order(
        wish.product, price: 1250 + Int64(number) * 775, cart: cart)
      try await decide(order, wish)
      if number < 4 {
        pages += samples(of: order, as: wish.name)
      }
      if wish.isFinal { orders.append(order) }
      if number == 6 { try await deployment.change(fee: 2500, discount: nil, heardBy: .beta) }
    }
    try await deployment.finished(orders)
    _ = try await killLetters(about: "Door mat")
    let form = try await openForm(in: tab)
    return pages + [
      FoundPage(address: address(.beta, "/carts/\(form.id)"), name: "beta-carts-open")
    ]
  }

  /// Orders products, and has the captures among Alpha's dead letters.
  ///
  /// - Returns: the orders, each with the id of its dead letter.
  func killLetters(about products: String...) async throws -> [(order: Order, letter: String)] {
    try await deployment.stop(.alpha)
    var letters: [(order: Order, letter: String)] = []
    for product in products {
      let order = try await deployment.order(product)
      letters.append((order, try deployment.killLetter(about: order)))
    }
    try launch(.alpha)
    try await deployment[.alpha].ready()
    return letters
  }

  /// Puts settings in force, unless they are, and waits until Beta quotes by them.
  func quote(fee: Int64, discount: Int64? = nil) async throws {
    let count = deployment[.beta].lines.count
    let before = try await deployment.http(.alpha).get("/api/settings").header("ETag")
    let answer = try await deployment.change(fee: fee, discount: discount)
    guard answer.header("ETag") != before else { return }
    try await deployment[.beta].logged("settings.changed applied", after: count)
  }

  private func samples(of order: Order, as name: String) -> [FoundPage] {
    [
      FoundPage(address: address(.beta, "/carts/\(order.cart.id)"), name: "beta-carts-\(name)"),
      FoundPage(address: address(.alpha, "/orders/\(order.id)"), name: "alpha-orders-\(name)"),
      FoundPage(
        address: address(.overlord, "/traces/\(order.requestID)"), name: "overlord-traces-\(name)"),
    ]
  }

  private func decide(_ order: Order, _ wish: SampleWish) async throws {
    switch wish.decision {
    case .approve: try await deployment.approve(order)
    case .reject:
      try await deployment.heard(.alpha, "order.captured applied", order)
      _ = try await deployment.http(.alpha).post(
        "/api/orders/\(order.id)/reject", ["reason": "Out of stock until Friday"])
    case .wait: try await deployment.heard(.alpha, "order.captured applied", order)
    }
  }
}

/// An order of the sample.
struct SampleWish: Sendable {
  enum Decision: Sendable { case approve, reject, wait }

  /// The product of an order that is charged again and again.
  static let stuck = "test-fail-9999"

  let product: String
  let decision: Decision

  var isFinal: Bool { decision != .wait && product != Self.stuck }

  /// The state in which the order stays, for the names of files.
  var name: String {
    switch decision {
    case .approve: product.hasPrefix("test-decline") ? "declined" : "charged"
    case .reject: "rejected"
    case .wait: "waiting"
    }
  }

  /// The first four are of the browser's own customer, and one of each kind.
  static let all: [SampleWish] = [
    SampleWish(product: "Teapot, blue", decision: .approve),
    SampleWish(product: "test-decline-card", decision: .approve),
    SampleWish(product: "Garden chair", decision: .reject),
    SampleWish(product: "Desk lamp", decision: .wait),
    SampleWish(product: "Bread knife", decision: .approve),
    SampleWish(product: "Umbrella", decision: .approve),
    SampleWish(product: "Notebook, A5, squared", decision: .approve),
    SampleWish(product: "test-decline-card", decision: .approve),
    SampleWish(product: "Espresso cups, four", decision: .wait),
    SampleWish(product: "Wool blanket", decision: .approve),
    SampleWish(product: "Bicycle bell", decision: .reject),
    SampleWish(product: "Wall clock", decision: .wait),
    SampleWish(product: stuck, decision: .approve),
  ]
}
