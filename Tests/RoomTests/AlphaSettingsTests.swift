import Alpha
import Daemon
import Events
import HTTPTypes
import RoomTesting
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Alpha's settings` {
  private let alpha: ServiceHarness

  init() throws {
    alpha = try ServiceHarness(AlphaRoom.self)
  }

  private func body(
    currency: String = "USD", fee: String = "2500", discount: String = "1000",
    discountEnabled: Bool = false
  ) -> String {
    """
    {"currency":"\(currency)","fee":{"enabled":true,"amount":\(fee)},\
    "discount":{"enabled":\(discountEnabled),"amount":\(discount)},"unknown":[1]}
    """
  }

  @Test func `the first start stores and publishes the first settings`() throws {
    let answer = alpha.get("/api/settings")
    #expect(answer.headers[.eTag] == "\"1000\"")
    #expect(answer.string("settingsId") == Settings.id.description)
    #expect(answer.integer("fee.amount") == 2500)
    #expect(answer.value("discount.enabled") == .bool(false))
    #expect(try alpha.published(SettingsChanged.self).map(\.data) == [Settings.first])
  }

  @Test func `a change is a new version, published with the id of its request`() throws {
    let answer = alpha.put("/api/settings", json: body(fee: "3000"), ifMatch: "\"1000\"")
    #expect(answer.code == 200)
    #expect(answer.headers[.eTag] == "\"1001\"")
    let said = try alpha.published(SettingsChanged.self)
    #expect(said.map(\.data.version) == [1000, 1001])
    #expect(said.last?.data.fee == Rule(enabled: true, amount: 3000))
    #expect(said.last?.correlation.id == "request-1")
    #expect(alpha.get("/api/settings").integer("version") == 1001)
  }

  @Test func `equal values make no new version`() throws {
    let answer = alpha.put("/api/settings", json: body(), ifMatch: "\"1000\"")
    #expect(answer.code == 200)
    #expect(answer.headers[.eTag] == "\"1000\"")
    #expect(try alpha.published() == ["settings.changed v1"])
  }

  @Test func `a change that names no settings is refused`() {
    let answer = alpha.put("/api/settings", json: body(fee: "3000"), ifMatch: nil)
    #expect(answer.code == 428)
    #expect(answer.string("type") == "urn:eventually:problem:if-match-required")
  }

  @Test(
    "a change of other settings than those in force is refused",
    arguments: ["\"999\"", "\"1001\"", "W/\"1000\"", "x", "", "\"\""])
  func stale(match: String) throws {
    let answer = alpha.put("/api/settings", json: body(fee: "3000"), ifMatch: match)
    #expect(answer.code == 412)
    #expect(answer.integer("version") == 1000)
    #expect(answer.string("remedy")?.isEmpty == false)
    #expect(try alpha.published().count == 1)
  }

  @Test func `a star names the settings in force`() {
    #expect(alpha.put("/api/settings", json: body(fee: "1"), ifMatch: "*").code == 200)
  }

  @Test(
    "settings that can be read and are wrong are refused",
    arguments: [
      ("currency", "EUR", "2500", "1000"), ("no currency", "XXX", "2500", "1000"),
      ("negative", "USD", "-1", "1000"), ("negative discount", "USD", "2500", "-1"),
      ("over the limit", "USD", "\(Money.limit + 1)", "1000"),
      ("over 64 bits", "USD", "9223372036854775808", "1000"), ("half a cent", "USD", "2.5", "1000"),
      ("text", "USD", "\"2500\"", "1000"),
    ])
  func wrong(what: String, currency: String, fee: String, discount: String) throws {
    let json = body(currency: currency, fee: fee, discount: discount)
    #expect(alpha.put("/api/settings", json: json, ifMatch: "\"1000\"").code == 422)
    #expect(try alpha.published().count == 1)
  }

  @Test func `the largest amount that a person may enter is taken`() {
    let answer = alpha.put("/api/settings", json: body(fee: "\(Money.limit)"), ifMatch: "\"1000\"")
    #expect(answer.code == 200)
  }

  @Test func `the history has every version, its request and when, newest first`() throws {
    alpha.clock.advance(microseconds: 1_000_000)
    _ = alpha.put("/api/settings", json: body(fee: "3000"), ifMatch: "\"1000\"")
    let history = alpha.get("/api/settings/history?limit=1")
    #expect(history.count("settings") == 1)
    #expect(history.integer("settings.0.version") == 1001)
    #expect(history.string("settings.0.requestId") == "request-1")
    #expect(history.string("settings.0.changedAt") == alpha.clock.now.description)
    let next = try #require(history.string("next"))
    let rest = alpha.get("/api/settings/history?limit=1&before=\(next)")
    #expect(rest.integer("settings.0.version") == 1000)
    #expect(rest.value("next") == .null)
  }

  @Test func `settings stay in the log when their age is over`() throws {
    let alpha = try ServiceHarness(
      AlphaRoom.self, values: ["consumers": "", "retention.age": "60"])
    _ = alpha.put("/api/settings", json: body(fee: "3000"), ifMatch: "\"1000\"")
    alpha.clock.advance(microseconds: 61_000_000)
    try alpha.prune()
    #expect(try alpha.journal.read { try $0.head().floor } == 3, "nothing else has to stay")
    #expect(try alpha.published(SettingsChanged.self).map(\.data.version) == [1000, 1001])
  }
}
