import Testing

@Suite("Bad input: checkout", .timeLimit(.minutes(1)), .sharing(.alpha, .beta))
struct BadInputCheckoutTests {
  private static func checkout(
    _ name: String, product: String = #""widget""#, price: String = usd("1000"),
    quote: String = #""QUOTE""#, _ status: Int = 422, _ slug: String = "invalid-field",
    says: String
  ) -> BadCall {
    BadCall(
      name, "POST", "/api/carts/CART/checkout",
      #"{"quoteId":\#(quote),"product":\#(product),"price":\#(price)}"#, status, slug, says: says)
  }

  private static func usd(_ amount: String) -> String {
    #"{"amount":\#(amount),"currency":"USD"}"#
  }

  static let calls = [
    checkout(
      "an unknown quote", quote: #""01890000-0000-7000-8000-000000000000""#, says: "no quote"),
    checkout("another cart's quote", quote: #""OTHER""#, says: "no quote"),
    checkout("a quote that is no id", quote: #""x""#, says: "quoteId"),
    checkout("a quote that is a number", quote: "1", says: "quoteId"),
    checkout("a negative price", price: usd("-1"), says: "negative"),
    checkout("a price over the limit", price: usd("1000000000000"), says: "999999999999"),
    checkout("a price past 64 bits", price: usd("9223372036854775808"), says: "price.amount"),
    checkout(
      "a price that overflows with the fee", price: usd("9223372036854775807"), says: "limit"),
    checkout("a fraction of a cent", price: usd("0.5"), says: "price.amount"),
    checkout("a price in text", price: #""10.00""#, says: "price"),
    checkout("another currency", price: #"{"amount":1,"currency":"EUR"}"#, says: "USD"),
    checkout("an unknown currency", price: #"{"amount":1,"currency":"XYZ"}"#, says: "ISO 4217"),
    checkout("no currency", price: #"{"amount":1}"#, says: "price.currency"),
    checkout("an empty product", product: #""""#, says: "product"),
    checkout("a blank product", product: #""  ""#, says: "product"),
    checkout(
      "a product of 201 letters", product: #""\#(String(repeating: "x", count: 201))""#,
      says: "200"),
    checkout("a product with a zero byte", product: #""a\u0000b""#, says: "control characters"),
    checkout("a product with an escape", product: #""a\u001b[2Jb""#, says: "control characters"),
    checkout("a product that is a number", product: "5", says: "product"),
    BadCall("no body", "POST", "/api/carts/CART/checkout", 400, "body-missing", says: "body"),
    BadCall(
      "malformed JSON", "POST", "/api/carts/CART/checkout", "{", 400, "not-json", says: "JSON"),
    BadCall(
      "a form", "POST", "/api/carts/CART/checkout", "product=widget",
      headers: ["Content-Type": "application/x-www-form-urlencoded"], 415,
      "unsupported-media-type", says: "application/json"),
    BadCall(
      "an unknown cart", "POST", "/api/carts/QUOTE/checkout",
      #"{"quoteId":"QUOTE","product":"x","price":{"amount":1,"currency":"USD"}}"#, 404,
      "no-such-cart", says: "no cart"),
    BadCall(
      "a cart that is no id", "POST", "/api/carts/x/quote", 404, "not-found", says: "identifier"),
    BadCall(
      "an idempotency key with a space", "POST", "/api/carts/CART/quote",
      headers: ["Idempotency-Key": "a b"], 422, "invalid-idempotency-key", says: "key"),
  ]

  @Test(arguments: calls)
  func `a wrong order is refused, and the cart stays as it was`(call: BadCall) async throws {
    let cart = try await shared.openCart()
    let other = try await shared.openCart()
    let beta = try await shared.http(.beta)
    try await expectUnchanged(beta, "/api/carts/\(cart.id)") {
      call.check(
        try await call.send(
          to: beta, replacing: ["CART": cart.id, "QUOTE": cart.quote.id, "OTHER": other.quote.id]))
    }
  }
}

@Suite("Bad input: orders", .timeLimit(.minutes(1)))
struct BadInputOrderTests {
  @Test
  func `a cart in flight refuses checkout and quotes with the order's id`() async throws {
    try await withDeployment { deployment in
      try await deployment.openShop()
      let order = try await deployment.order()
      let beta = try await deployment.http(.beta)
      try await expectUnchanged(beta, "/api/carts/\(order.cart.id)") {
        for target in ["checkout", "quote"] {
          let call = BadCall(
            target, "POST", "/api/carts/\(order.cart.id)/\(target)",
            target == "quote"
              ? nil
              : #"{"quoteId":"\#(order.cart.quote.id)","product":"x","price":{"amount":1,"currency":"USD"}}"#,
            409, "order-in-flight", says: order.id)
          let answer = try await call.send(to: beta)
          call.check(answer)
          #expect(answer.json["orderId"].string == order.id)
        }
      }
    }
  }

  @Test
  func `a quote that has served an order serves no other`() async throws {
    try await withDeployment { deployment in
      try await deployment.openShop()
      let order = try await deployment.order()
      try await deployment.heard(.alpha, "order.captured applied", order)
      _ = try await deployment.http(.alpha).post(
        "/api/orders/\(order.id)/reject", ["reason": "No."])
      try await deployment.heard(.beta, "order.finalized applied", order)
      let beta = try await deployment.http(.beta)
      try await expectUnchanged(beta, "/api/carts/\(order.cart.id)") {
        let answer = try await deployment.checkOut(order.cart)
        #expect(answer.status == 422)
        #expect(answer.json["path"] == "quoteId")
        #expect(answer.json["detail"].text.contains("has served another order"))
        #expect(answer.json["remedy"].text.contains("/api/carts/\(order.cart.id)/quote"))
      }
    }
  }

  @Test
  func `an order is decided once: again is 200, the other way is 409`() async throws {
    try await withDeployment { deployment in
      try await deployment.openShop()
      let alpha = try await deployment.http(.alpha)
      let approved = try await deployment.order()
      let rejected = try await deployment.order()
      try await deployment.approve(approved)
      try await deployment.heard(.alpha, "order.captured applied", rejected)
      let reason: JSON = ["reason": "We have none."]
      let path = "/api/orders/\(rejected.id)"
      #expect(try await alpha.post(path + "/reject", reason).status == 200)
      try await expectUnchanged(alpha, "/api/orders") {
        let again = try await alpha.post("/api/orders/\(approved.id)/approve")
        #expect(again.status == 200)
        #expect(again.json["state"] == "approved")
        let other = try await alpha.post(path + "/reject", ["reason": "Another reason."])
        #expect(other.status == 200)
        #expect(other.json["reason"] == "We have none.")
        for (order, act, body, was) in [
          (approved, "reject", #"{"reason":"x"}"#, "approved"),
          (rejected, "approve", nil, "rejected"),
        ] {
          let call = BadCall(
            act, "POST", "/api/orders/\(order.id)/\(act)", body, 409, "order-decided", says: was)
          call.check(try await call.send(to: alpha))
        }
      }
    }
  }

  @Test
  func `a rejection needs a reason`() async throws {
    try await withDeployment { deployment in
      try await deployment.openShop()
      let order = try await deployment.order()
      try await deployment.heard(.alpha, "order.captured applied", order)
      let alpha = try await deployment.http(.alpha)
      try await expectUnchanged(alpha, "/api/orders/\(order.id)") {
        for reason in [
          #""""#, #"" \n""#, #""a\u0000b""#, #""\#(String(repeating: "x", count: 501))""#,
        ] {
          let call = BadCall(
            "reason", "POST", "/api/orders/\(order.id)/reject", #"{"reason":\#(reason)}"#, 422,
            "invalid-field", says: "reason", "500")
          call.check(try await call.send(to: alpha))
        }
      }
    }
  }
}
