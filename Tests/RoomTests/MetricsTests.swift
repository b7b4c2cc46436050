import CoreMetrics
import Events
import Foundation
import RoomTesting
import Runtime
import Schema
import Testing

@testable import Alpha
@testable import Charlie
@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct `The metrics of the services` {
  /// The value of each line of `/metrics`, by its name and labels.
  private func values(_ service: ServiceHarness) -> [String: Double] {
    let text = String(decoding: service.get("/metrics").body, as: UTF8.self)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    return lines.reduce(into: [:]) { values, line in
      guard let end = line.lastIndex(of: " ") else { return }
      values[String(line[..<end])] = Double(line[line.index(after: end)...])
    }
  }

  @Test func `Alpha shows the orders that wait, and the age of the oldest`() throws {
    let alpha = try ServiceHarness(AlphaRoom.self)
    let beta = SyntheticLog("beta", clock: alpha.clock)
    let before = values(alpha)
    #expect(before["eventually_orders{state=\"captured\"}"] == 0)
    #expect(before["eventually_oldest_order_seconds{state=\"captured\"}"] == 0)
    let first = alpha.clock.captured()
    try alpha.receive(beta.next(first))
    alpha.clock.advance(microseconds: 90_000_000)
    try alpha.receive(beta.next(alpha.clock.captured()))
    alpha.clock.advance(microseconds: 10_000_000)
    let waiting = values(alpha)
    #expect(waiting["eventually_orders{state=\"captured\"}"] == 2)
    #expect(waiting["eventually_oldest_order_seconds{state=\"captured\"}"] == 100)
    #expect(alpha.post("/api/orders/\(first.orderId)/approve").code == 200)
    let approved = values(alpha)
    #expect(approved["eventually_orders{state=\"captured\"}"] == 1)
    #expect(approved["eventually_orders{state=\"approved\"}"] == 1)
    #expect(approved["eventually_oldest_order_seconds{state=\"captured\"}"] == 10)
    #expect(approved["eventually_log_events_total{type=\"order.approved\",version=\"2\"}"] == 1)
  }

  @Test func `critical time begins with the commit at the origin`() throws {
    let alpha = try ServiceHarness(AlphaRoom.self)
    let beta = SyntheticLog("beta", clock: alpha.clock)
    let record = try beta.next(alpha.clock.captured())
    alpha.clock.advance(microseconds: 20_000_000)
    try alpha.receive(record)
    let values = values(alpha)
    let labels = "{stream=\"beta\",type=\"order.captured\"}"
    #expect(values["eventually_critical_time_seconds_sum\(labels)"] == 20)
    #expect(values["eventually_critical_time_seconds_count\(labels)"] == 1)
    #expect(values["eventually_processing_time_seconds_sum\(labels)"] == 0)
    #expect(values["eventually_processing_time_seconds_count\(labels)"] == 1)
    let outcome = "{stream=\"beta\",outcome=\"applied\"}"
    #expect(values["eventually_consumed_events_total\(outcome)"] == 1)
  }

  @Test func `critical time of an event that waited ends when it is applied`() throws {
    let alpha = try ServiceHarness(AlphaRoom.self)
    let beta = SyntheticLog("beta", clock: alpha.clock)
    let charlie = SyntheticLog("charlie", clock: alpha.clock)
    let captured = alpha.clock.captured()
    try alpha.receive(
      charlie.next(
        OrderCharged(
          orderId: captured.orderId, chargeId: alpha.clock.identifier(), total: usd(3500),
          fee: nil)))
    #expect(values(alpha)["eventually_deferred_events{state=\"waiting\"}"] == 1)
    alpha.clock.advance(microseconds: 40_000_000)
    try alpha.receive(beta.next(captured))
    #expect(alpha.post("/api/orders/\(captured.orderId)/approve").code == 200)
    let values = values(alpha)
    let labels = "{stream=\"charlie\",type=\"order.charged\"}"
    #expect(values["eventually_critical_time_seconds_sum\(labels)"] == 40)
    #expect(values["eventually_deferred_events{state=\"waiting\"}"] == 0)
    #expect(
      values["eventually_consumed_events_total{stream=\"charlie\",outcome=\"waiting\"}"] == 1)
  }

  @Test func `a dead letter and the events that it holds back are counted`() throws {
    let charlie = try ServiceHarness(CharlieRoom.self)
    let alpha = SyntheticLog("alpha", clock: charlie.clock)
    // No total of an order is below zero.
    let approved = charlie.clock.approved(price: -5000)
    try charlie.receive(alpha.next(approved))
    try charlie.receive(alpha.next(approved))
    let values = values(charlie)
    #expect(values["eventually_dead_letters"] == 1)
    #expect(values["eventually_held_back_events"] == 1)
    #expect(
      values["eventually_consumed_events_total{stream=\"alpha\",outcome=\"held_back\"}"] == 1)
  }

  @Test func `Charlie shows the charges that have no answer yet`() throws {
    let charlie = try ServiceHarness(CharlieRoom.self)
    let alpha = SyntheticLog("alpha", clock: charlie.clock)
    let approved = charlie.clock.approved()
    try charlie.receive(alpha.next(approved))
    charlie.clock.advance(microseconds: 7_000_000)
    #expect(values(charlie)["eventually_orders{state=\"charging\"}"] == 1)
    #expect(values(charlie)["eventually_oldest_order_seconds{state=\"charging\"}"] == 7)
    try charlie.journal.write { try $0.settle(approved.orderId, with: .charged) }
    #expect(values(charlie)["eventually_orders{state=\"charging\"}"] == 0)
    #expect(values(charlie)["eventually_oldest_order_seconds{state=\"charging\"}"] == 0)
  }

  @Test func `calls to the gateway are counted by their outcome`() throws {
    let charlie = try ServiceHarness(CharlieRoom.self)
    let alpha = SyntheticLog("alpha", clock: charlie.clock)
    try charlie.receive(alpha.next(charlie.clock.approved()))
    let call = try #require(
      try charlie.journal.read { try $0.gatewayCalls(at: charlie.clock.now, limit: 1) }.first)
    let registry = MetricsRegistry(CharlieRoom.metrics)
    let attempts = ChargeAttempts(registry)
    for answer in [
      nil, .charged, .declined(code: "a", reason: "b"), nil, nil,
    ] as [GatewayAnswer?] {
      _ = attempts.counted(.init(call, answer: answer))
    }
    let text = PrometheusText.text(registry.present, as: .prometheus)
    #expect(text.contains("eventually_charge_attempts_total{outcome=\"charged\"} 1\n"))
    #expect(text.contains("eventually_charge_attempts_total{outcome=\"declined\"} 1\n"))
    #expect(text.contains("eventually_charge_attempts_total{outcome=\"failed\"} 3\n"))
  }

  /// Every metric of the services, beside those of libraries.
  private static let declared =
    CommonMetrics.all + CharlieRoom.metrics + CharlieRoom.gauges.map(\.declaration)
    + AlphaRoom.gauges.map(\.declaration)

  @Test(arguments: ["prometheus/alerts.yml", "grafana/dashboard.json"])
  func `alerts and dashboard name declared metrics alone`(file: String) throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../config/\(file)")
    let text = try String(contentsOf: path, encoding: .utf8)
    let names = Set(
      text.matches(of: /\b(?:eventually|http_server|process)_[a-z_]+/).map { match in
        String(match.output.replacing(/_(?:bucket|sum|count)$/, with: ""))
      })
    #expect(names.count > 10)
    #expect(names.subtracting(Self.declared.map(\.name)).isEmpty)
  }

  @Test func `the dashboard shows every metric`() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../config/grafana/dashboard.json")
    let text = try String(contentsOf: path, encoding: .utf8)
    let missing = Set(Self.declared.map(\.name)).filter { !text.contains($0) }
    #expect(missing.isEmpty)
  }

  @Test func `one table in the documentation has every metric, and no other`() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Daemon/Daemon.docc/Metrics.md")
    let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("| `") }.map { row in
        row.split(separator: "|").prefix(3).map { $0.trimmingCharacters(in: .whitespaces) }
      }
    let expected = Set(
      Self.declared.map { metric in
        let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
        return ["`\(metric.name)`", metric.kind.word, labels]
      })
    #expect(Set(rows) == expected)
    #expect(rows.count == expected.count, "no row is there twice")
  }
}
