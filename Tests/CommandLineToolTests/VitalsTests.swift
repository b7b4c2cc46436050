import Runtime
import Testing

@testable import CommandLineTool

@Suite("The status reads metrics", .timeLimit(.minutes(1)))
struct VitalsTests {
  private let text = #"""
    # HELP eventually_build_info The version, with a label that has "quotes".
    # TYPE eventually_build_info gauge
    eventually_build_info{service="al\"p\\ha",version="0.1.0"} 1
    process_start_time_seconds 1000.5
    eventually_orders{state="approved"} 3
    eventually_orders{state="captured"} 1
    eventually_oldest_order_seconds{state="approved"} 90
    eventually_oldest_order_seconds{state="captured"} 7
    eventually_held_back_events 4
    nonsense
    eventually_broken{state="x
    """#

  @Test("Samples are found by their names and labels")
  func samples() {
    let samples = MetricSamples(text)
    #expect(samples.label("service", of: "eventually_build_info") == #"al"p\ha"#)
    #expect(samples.value("eventually_orders", ("state", "captured")) == 1)
    #expect(samples.value("eventually_orders", ("state", "none")) == nil)
    #expect(samples.values("eventually_orders", by: "state") == ["approved": 3, "captured": 1])
  }

  @Test("An order that stays where no person is waited for needs an operator")
  func needs() {
    var vitals = Vitals(MetricSamples(text), now: Timestamp(microseconds: 1_010_500_000))
    #expect(vitals.version == "0.1.0")
    #expect(vitals.uptime == 10)
    #expect(vitals.heldBackEvents == 4)
    #expect(vitals.waiting == "3 approved, oldest 90 s; 1 captured, oldest 7 s")
    #expect(
      vitals.needs == ["3 orders are approved, the oldest for 90 s, until Charlie charges it"])
    vitals.stuckOrders = ["approved": StuckOrder(order: "7", url: "http://a:1/api/orders/7")]
    #expect(
      vitals.needs == [
        "3 orders are approved, the oldest for 90 s, until Charlie charges it: "
          + "curl -sS http://a:1/api/orders/7"
      ])
    #expect(Vitals(MetricSamples(""), now: Timestamp(microseconds: 0)).needs == [])
  }

  @Test(
    "A backup that is older than two days needs an operator, and none does not",
    arguments: [(nil, false), (1, true), (172_801, false)] as [(Int?, Bool)])
  func backup(at seconds: Int?, isNeeded: Bool) {
    let samples = seconds.map { "eventually_last_backup_timestamp_seconds \($0)\n" } ?? ""
    let now = Timestamp(microseconds: 2 * 172_800 * 1_000_000)
    let needs = Vitals(MetricSamples(samples), now: now).needs
    #expect(needs.count == (isNeeded ? 1 : 0))
    #expect(needs.allSatisfy { $0.hasPrefix("the last backup is 3 d old; ") })
  }
}
