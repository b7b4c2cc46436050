import Beta
import Daemon
import Events
import FoundationEssentials
import HTTPTypes
import RoomTesting
import Schema
import Testing

/// A customer's browser at Beta: it asks for pages, sends their forms, and keeps cookies.
final class BetaBrowser {
  let beta: ServiceHarness
  private let alpha: SyntheticLog
  private var cookie: String?

  /// A browser; another one at the same service has other cookies.
  init(sharing other: BetaBrowser? = nil) throws {
    beta = try other?.beta ?? ServiceHarness(BetaRoom.self)
    alpha = other?.alpha ?? SyntheticLog("alpha", clock: beta.clock)
  }

  /// Opens a page.
  func get(_ path: String) -> Response { send(.get, path) }

  /// Sends a form of a page.
  func submit(_ path: String, _ fields: [String: String] = [:]) -> Response {
    let pairs = fields.map { "\($0.key)=\(escaped($0.value))" }
    return send(.post, path, body: pairs.joined(separator: "&"))
  }

  private func send(
    _ method: HTTPRequest.Method, _ path: String, body: String = ""
  ) -> Response {
    var headers: HTTPFields = [
      .accept: "text/html", .contentType: "application/x-www-form-urlencoded",
    ]
    headers[.cookie] = cookie
    let response = beta.send(method, path, body: body, headers: headers)
    if let kept = response.headers[.setCookie]?.split(separator: ";").first {
      cookie = "other=1; \(kept)"
    }
    return response
  }

  private func escaped(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "%0" : "%") + String($0, radix: 16) }.joined()
  }

  // MARK: The story

  /// Alpha changes the settings.
  func change(_ settings: SettingsChanged) throws {
    try beta.receive(alpha.next(settings))
  }

  /// The path of a cart that was opened from the page, of these first settings.
  func openCart(fee: Int64 = 2500, discount: Int64 = 0) throws -> String {
    try change(settings(1000, fee: fee, discount: discount))
    return try startOrder()
  }

  /// The path of one more cart.
  func startOrder() throws -> String {
    try #require(submit("/carts").headers[.location])
  }

  /// The id of the quote that a cart's form shows.
  func quote(_ cart: String) -> String { beta.get("/api\(cart)").string("quote.id") ?? "" }

  /// Presses the button of a cart's form.
  func order(
    _ cart: String, product: String = "widget", price: String = "10.00", quote: String? = nil
  ) -> Response {
    submit(
      "\(cart)/checkout",
      ["quoteId": quote ?? self.quote(cart), "product": product, "price": price])
  }

  /// Alpha approves the last captured order.
  func approve() throws {
    let captured = try captured
    try beta.receive(
      alpha.next(
        OrderApproved(
          orderId: captured.orderId, cartId: captured.cartId, product: captured.product,
          price: nil, fee: nil, discount: nil, total: captured.price, settingsVersion: nil)))
  }

  /// Alpha rejects the last captured order, before it finalizes it.
  func reject(because reason: String) throws {
    let captured = try captured
    try beta.receive(
      alpha.next(
        OrderRejected(orderId: captured.orderId, cartId: captured.cartId, reason: reason)))
  }

  private var captured: OrderCaptured {
    get throws { try #require(try beta.published(OrderCaptured.self).last?.data) }
  }

  /// Alpha finalizes the last captured order.
  func finalize(_ outcome: OrderFinalized.Outcome) throws {
    let captured = try captured
    try beta.receive(
      alpha.next(
        OrderFinalized(orderId: captured.orderId, cartId: captured.cartId, outcome: outcome)))
  }
}
