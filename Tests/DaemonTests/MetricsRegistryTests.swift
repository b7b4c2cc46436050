import CoreMetrics
import Dispatch
import Testing

@testable import Daemon

@Suite("The registry of metrics", .timeLimit(.minutes(1)))
struct MetricsRegistryTests {
  private let registry = MetricsRegistry([
    MetricDeclaration("parcels_total", kind: .counter, labels: ["size"], help: "Parcels."),
    MetricDeclaration("weight", kind: .histogram(buckets: [1, 5]), help: "Weights."),
    MetricDeclaration("level", kind: .gauge, help: "The level."),
  ])

  private func lines() -> [String] {
    PrometheusText.text(registry.present, as: .prometheus).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map(String.init)
  }

  @Test("A declared metric without a value is not exposed")
  func empty() {
    #expect(registry.present.isEmpty)
  }

  @Test("The same label and dimensions are one value")
  func shared() {
    Counter(label: "parcels_total", dimensions: [("size", "large")], factory: registry)
      .increment(by: 2)
    Counter(label: "parcels_total", dimensions: [("size", "large")], factory: registry)
      .increment()
    Counter(label: "parcels_total", dimensions: [("size", "small")], factory: registry)
      .increment(by: -1)
    #expect(lines() == ["parcels_total{size=\"large\"} 3", "parcels_total{size=\"small\"} 0"])
  }

  @Test("A timer is exposed in seconds, over the declared buckets")
  func timer() {
    let timer = Timer(label: "weight", factory: registry)
    timer.recordMilliseconds(500)
    timer.recordNanoseconds(-7)
    timer.recordSeconds(6)
    #expect(
      lines() == [
        "weight_bucket{le=\"1.0\"} 2", "weight_bucket{le=\"5.0\"} 2",
        "weight_bucket{le=\"+Inf\"} 3", "weight_sum 6.5", "weight_count 3",
      ])
  }

  @Test("A gauge has its last value, and a meter goes up and down")
  func gauges() {
    let gauge = Gauge(label: "level", factory: registry)
    gauge.record(3)
    gauge.record(2.5)
    let meter = Meter(label: "pressure", factory: registry)
    meter.increment(by: 5)
    meter.decrement(by: 2)
    #expect(lines() == ["level 2.5", "pressure 3"])
  }

  @Test("A metric of a library, without a declaration, gets a name that Prometheus takes")
  func undeclared() {
    let counter = Counter(
      label: "http.client-requests", dimensions: [("peer.name", "a")], factory: registry)
    counter.increment()
    FloatingPointCounter(label: "3energy", factory: registry).increment(by: 2.5)
    #expect(lines() == ["_3energy_total 2", "http_client_requests_total{peer_name=\"a\"} 1"])
  }

  @Test("A destroyed metric is not exposed any more")
  func destroyed() {
    let counter = Counter(
      label: "parcels_total", dimensions: [("size", "large")], factory: registry)
    let timer = Timer(label: "weight", factory: registry)
    counter.destroy()
    timer.destroy()
    #expect(registry.present.isEmpty)
  }

  @Test("A label with unforeseen values does not fill the memory")
  func limit() {
    for number in 0..<MetricsRegistry.limit + 50 {
      Counter(label: "parcels_total", dimensions: [("size", "\(number)")], factory: registry)
        .increment()
    }
    #expect(lines().count == MetricsRegistry.limit + 1)
    #expect(lines().contains("parcels_total{size=\"other\"} 50"))
  }

  @Test("No count is lost between threads")
  func threads() {
    let counter = Counter(
      label: "parcels_total", dimensions: [("size", "large")], factory: registry)
    let timer = Timer(label: "weight", factory: registry)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<1000 {
        counter.increment()
        timer.recordSeconds(1)
      }
    }
    #expect(lines().first == "parcels_total{size=\"large\"} 8000")
    #expect(lines().suffix(2) == ["weight_sum 8000", "weight_count 8000"])
  }

  @Test("A metric that is used as another kind ends the process")
  func anotherKind() async {
    await #expect(processExitsWith: .failure) {
      let registry = MetricsRegistry([
        MetricDeclaration("level", kind: .gauge, help: "The level.")
      ])
      Counter(label: "level", factory: registry).increment()
    }
  }

  @Test("A counter that is not named as one ends the process")
  func name() async {
    await #expect(processExitsWith: .failure) {
      _ = MetricDeclaration("parcels", kind: .counter, help: "Parcels.")
    }
  }
}
