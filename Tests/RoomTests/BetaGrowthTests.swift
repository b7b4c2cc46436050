import Beta
import Daemon
import Events
import HTTPTypes
import Journal
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `What Beta keeps` {
  private let beta: ServiceHarness
  private let alpha: SyntheticLog

  init() throws {
    beta = try ServiceHarness(BetaRoom.self)
    alpha = SyntheticLog("alpha", clock: beta.clock)
    try beta.receive(alpha.next(settings(1000)))
  }

  private func count(_ table: SQL) throws -> Int {
    try beta.journal.read { try $0.value("SELECT count(*) AS value FROM" + table) ?? 0 }
  }

  @Test func `a cart without an order makes room for a new one after a day`() throws {
    let old = try #require(beta.post("/api/carts").string("id"))
    let ordered = beta.post("/api/carts")
    let id = try #require(ordered.string("id"))
    let quote = try #require(ordered.string("quote.id"))
    let answer = beta.post(
      "/api/carts/\(id)/checkout",
      json: #"{"quoteId":"\#(quote)","product":"w","price":{"amount":1,"currency":"USD"}}"#)
    #expect(answer.code == 202)
    beta.clock.advance(microseconds: 86_400_000_000)
    _ = beta.post("/api/carts")
    #expect(beta.get("/api/carts/\(old)").code == 200)
    beta.clock.advance(microseconds: 1_000_000)
    _ = beta.post("/api/carts")
    #expect(beta.get("/api/carts/\(old)").code == 404)
    #expect(beta.get("/api/carts/\(id)").code == 200)
    #expect(try count("quotes") == 3, "its quote went with it")
  }

  @Test func `a cart whose form was used since is not old`() throws {
    let cart = try #require(beta.post("/api/carts").string("id"))
    beta.clock.advance(microseconds: 86_400_000_000)
    #expect(beta.post("/api/carts/\(cart)/quote").code == 200)
    beta.clock.advance(microseconds: 86_400_000_000)
    _ = beta.post("/api/carts")
    #expect(beta.get("/api/carts/\(cart)").code == 200)
  }

  @Test func `a clock that is wrong for a moment makes no cart old`() throws {
    let cart = try #require(beta.post("/api/carts").string("id"))
    for change in [315_532_800_000_000, -315_532_800_000_000] as [Int64] {
      beta.clock.set(microseconds: UInt64(Int64(beta.clock.now.microseconds) + change))
      beta.clock.advance(microseconds: 1_000_000)
      #expect(beta.post("/api/carts").code == 201)
      #expect(beta.get("/api/carts/\(cart)").code == 200)
    }
  }

  @Test func `each new cart removes at most four, so that its work is bounded`() throws {
    for _ in 0..<10 { _ = beta.post("/api/carts") }
    beta.clock.advance(microseconds: 86_401_000_000)
    for left in [7, 4, 3] {
      _ = beta.post("/api/carts")
      #expect(try count("carts") == left)
    }
  }

  @Test func `a cart keeps twenty quotes that served no order`() throws {
    let cart = try #require(beta.post("/api/carts").string("id"))
    for _ in 0..<30 { #expect(beta.post("/api/carts/\(cart)/quote").code == 200) }
    #expect(try count("quotes") == 20)
    #expect(beta.get("/api/carts/\(cart)").string("quote.id") != nil)
  }
}
