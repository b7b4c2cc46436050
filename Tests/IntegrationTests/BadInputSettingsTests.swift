import Foundation
import Testing

@Suite("Bad input: settings", .timeLimit(.minutes(1)), .sharing(.alpha))
struct BadInputSettingsTests {
  private static func call(
    _ name: String, fee: String, _ status: Int = 422, _ slug: String = "invalid-field",
    says: String
  ) -> BadCall {
    BadCall(
      name, "PUT", "/api/settings",
      #"{"currency":"USD","discount":{"amount":1000,"enabled":false},"fee":\#(fee)}"#,
      headers: ["If-Match": "*"], status, slug, says: says)
  }

  private static func amount(
    _ name: String, _ amount: String, _ slug: String = "invalid-field", says: String = "fee.amount"
  ) -> BadCall {
    call(name, fee: #"{"enabled":true,"amount":\#(amount)}"#, 422, slug, says: says)
  }

  private static let good =
    #"{"currency":"USD","discount":{"amount":1,"enabled":true},"fee":{"amount":1,"enabled":true}}"#

  private static func put(
    _ name: String, _ body: String?, headers: [String: String] = ["If-Match": "*"],
    _ status: Int, _ slug: String, says: String
  ) -> BadCall {
    BadCall(name, "PUT", "/api/settings", body, headers: headers, status, slug, says: says)
  }

  static let amounts = [
    amount("negative", "-1", "invalid-money", says: "negative"),
    amount("over the limit", "1000000000000", "invalid-money", says: "999999999999"),
    amount("the largest of 64 bits", "9223372036854775807", "invalid-money", says: "limit"),
    amount("past 64 bits", "9223372036854775808"),
    amount("far below 64 bits", "-9223372036854775809"),
    amount("past every number", "1e400"),
    amount("a fraction", "10.5"),
    amount("a text", #""25.00""#),
    amount("true", "true"),
    amount("a list", "[]"),
    amount("null", "null"),
    call("no amount", fee: #"{"enabled":true}"#, says: "fee.amount"),
    call("no switch", fee: #"{"amount":5}"#, says: "fee.enabled"),
    call("no object", fee: "5", says: "fee"),
  ]

  static let bodies = [
    put("malformed JSON", "{", 400, "not-json", says: "JSON"),
    put("no JSON number", #"{"currency":"USD","fee":NaN}"#, 400, "not-json", says: "JSON"),
    put("no body", nil, 400, "body-missing", says: "no body"),
    put("a list", "[]", 422, "invalid-field", says: "object"),
    put("null", "null", 422, "invalid-field", says: "null"),
    put("an empty object", "{}", 422, "invalid-field", says: "currency is missing"),
    put(
      "past 64 KiB", good + String(repeating: " ", count: 65_536), 413, "body-too-large",
      says: "64 KiB"),
    put(
      "another content type", good, headers: ["If-Match": "*", "Content-Type": "text/plain"], 415,
      "unsupported-media-type", says: "application/json"),
    put(
      "a form", good,
      headers: ["If-Match": "*", "Content-Type": "application/x-www-form-urlencoded"], 415,
      "unsupported-media-type", says: "application/json"),
    put(
      "another currency", good.replacing("USD", with: "EUR"), 422, "invalid-field", says: "USD"),
    put("no currency", good.replacing("USD", with: "ABC"), 422, "invalid-field", says: "ISO 4217"),
    put(
      "small letters", good.replacing("USD", with: "usd"), 422, "invalid-field", says: "ISO 4217"),
    put("no If-Match", good, headers: [:], 428, "if-match-required", says: "If-Match"),
    put(
      "a stale If-Match", good, headers: ["If-Match": #""999""#], 412, "stale-settings",
      says: "1000"),
    put(
      "a future If-Match", good, headers: ["If-Match": #""1001""#], 412, "stale-settings",
      says: "1000"),
    put(
      "a senseless If-Match", good, headers: ["If-Match": "x"], 412, "stale-settings",
      says: "version 1000"),
    put(
      "a weak If-Match", good, headers: ["If-Match": #"W/"1000""#], 412, "stale-settings",
      says: "version 1000"),
    put(
      "a page of another site", good, headers: ["If-Match": "*", "Origin": "http://elsewhere"], 403,
      "foreign-origin", says: "http://elsewhere"),
  ]

  @Test(arguments: amounts + bodies)
  func `a wrong change is refused, and changes nothing`(call: BadCall) async throws {
    let alpha = try await shared.http(.alpha)
    try await expectUnchanged(alpha, "/api/settings/history") {
      call.check(try await call.send(to: alpha))
    }
  }

  @Test
  func `bytes that are no text are refused`() async throws {
    let alpha = try await shared.http(.alpha)
    for body in [Data([0xff, 0xfe, 0]), Data("{\"currency\":\"".utf8) + [0xff] + Data("\"}".utf8)] {
      let answer = try await alpha.send(
        "PUT", "/api/settings", body: body, headers: ["If-Match": "*"])
      #expect(answer.status == 400)
      #expect(answer.json["type"] == "urn:eventually:problem:not-json")
    }
  }
}

@Suite("Bad input: settings that are taken", .timeLimit(.minutes(1)))
struct BadInputTolerantTests {
  @Test
  func `unknown fields are ignored`() async throws {
    try await withDeployment { deployment in
      let alpha = try await deployment.launch(.alpha).http
      let answer = try await alpha.put(
        "/api/settings",
        [
          "currency": "USD", "fee": ["enabled": true, "amount": 7, "because": ["x": 1]],
          "discount": ["enabled": false, "amount": 0], "version": 5, "settingsId": "mine",
          "tomorrow": .null,
        ], headers: ["If-Match": #""1000""#])
      #expect(answer.status == 200)
      #expect(answer.json["version"] == 1001)
      #expect(answer.json["fee"] == ["enabled": true, "amount": 7])
      #expect(answer.json["settingsId"] == "00000000-0000-7000-8000-000000000001")
    }
  }

  @Test
  func `the largest amount is taken, and equal values make no new version`() async throws {
    try await withDeployment { deployment in
      let alpha = try await deployment.launch(.alpha).http
      let wanted: JSON = [
        "currency": "USD", "fee": ["enabled": true, "amount": 999_999_999_999],
        "discount": ["enabled": false, "amount": 0],
      ]
      let first = try await alpha.put("/api/settings", wanted, headers: ["If-Match": "*"])
      #expect(first.json["version"] == 1001)
      try await expectUnchanged(alpha, "/api/settings/history") {
        let second = try await alpha.put(
          "/api/settings", wanted, headers: ["If-Match": #""1001""#])
        #expect(second.status == 200)
        #expect(second.header("ETag") == #""1001""#)
      }
    }
  }
}
