import Foundation
import Testing

@testable import Daemon

@Suite("Delivery of spans", .timeLimit(.minutes(1)))
struct DeliveryTests {
  private struct Refused: Error, CustomStringConvertible {
    let description = "connection refused"
  }

  private func step(_ status: Int, retryAfter: Duration? = nil, body: String = "") -> Delivery.Step
  {
    var delivery = Delivery(at: .zero)
    return delivery.step(
      after: .success(
        HTTPExchange.Answer(status: status, retryAfter: retryAfter, body: Data(body.utf8))),
      at: .zero, random: 0)
  }

  @Test("2xx delivers, whatever the body is", arguments: ["", "{}", "garbage", "[]", "{\"a\": 1}"])
  func delivered(body: String) {
    #expect(step(200, body: body) == .delivered(rejected: 0, reason: nil))
  }

  @Test("a partial success names the rejected spans, and is not retried")
  func partial() {
    let body = #"{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}}"#
    #expect(step(200, body: body) == .delivered(rejected: 3, reason: "too old"))
  }

  @Test("429, 502, 503 and 504 are retried", arguments: [429, 502, 503, 504])
  func retried(status: Int) {
    #expect(step(status) == .retry(after: .seconds(1), reason: "it answers with \(status)"))
    #expect(
      step(status, retryAfter: .seconds(7))
        == .retry(after: .seconds(7), reason: "it answers with \(status)"))
    #expect(
      step(status, retryAfter: .zero)
        == .retry(after: .seconds(1), reason: "it answers with \(status)"))
  }

  @Test("any other status is not", arguments: [301, 400, 401, 404, 413, 500, 501])
  func refused(status: Int) {
    #expect(step(status) == .giveUp(reason: "it answers with \(status)"))
  }

  @Test("without a response it is retried with growing pauses, and given up after a minute")
  func connection() {
    var delivery = Delivery(at: .seconds(100))
    var now = Duration.seconds(100)
    var pauses: [Duration] = []
    while case .retry(let pause, _) = delivery.step(
      after: .failure(Refused()), at: now, random: 0)
    {
      pauses.append(pause)
      now += pause
    }
    #expect(pauses.prefix(5) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16)])
    #expect(now - .seconds(100) <= Delivery.patience)
    #expect(
      delivery.step(after: .failure(Refused()), at: now, random: 0)
        == .giveUp(reason: "connection refused"))
  }

  @Test("a collector that asks for more than a minute is not waited for")
  func patience() {
    #expect(
      step(503, retryAfter: .seconds(3600))
        == .giveUp(reason: "it answers with 503", pause: .seconds(3600)))
  }
}
