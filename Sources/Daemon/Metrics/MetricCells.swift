import CoreMetrics
import Synchronization

/// The place of one value that the process changes while it runs.
protocol MetricCell: AnyObject, Sendable {
  /// The present value.
  var value: MetricSample.Value { get }
}

/// A number that only grows.
final class CounterCell: MetricCell, CounterHandler {
  private let count = Atomic<Int64>(0)

  var value: MetricSample.Value { .number(Double(count.load(ordering: .relaxed))) }

  func increment(by amount: Int64) {
    guard amount > 0 else { return }
    count.wrappingAdd(amount, ordering: .relaxed)
  }

  func reset() {
    count.store(0, ordering: .relaxed)
  }
}

/// A number that is set, or goes up and down.
final class GaugeCell: MetricCell, RecorderHandler, MeterHandler {
  private let bits = Atomic<UInt64>(0)

  var value: MetricSample.Value {
    .number(Double(bitPattern: bits.load(ordering: .relaxed)))
  }

  func record(_ value: Int64) {
    record(Double(value))
  }

  func record(_ value: Double) {
    bits.store(value.bitPattern, ordering: .relaxed)
  }

  func set(_ value: Int64) {
    record(value)
  }

  func set(_ value: Double) {
    record(value)
  }

  func increment(by amount: Double) {
    var before = bits.load(ordering: .relaxed)
    while true {
      let after = (Double(bitPattern: before) + amount).bitPattern
      let result = bits.compareExchange(expected: before, desired: after, ordering: .relaxed)
      if result.exchanged { return }
      before = result.original
    }
  }

  func decrement(by amount: Double) {
    increment(by: -amount)
  }
}

/// A distribution: its counts and its sum change together, so that no scrape sees one without the
/// other.
final class DistributionCell: MetricCell, RecorderHandler, TimerHandler {
  private let distribution: Mutex<Distribution>

  init(bounds: [Double]) {
    distribution = Mutex(Distribution(bounds: bounds))
  }

  var value: MetricSample.Value { .distribution(distribution.withLock { $0 }) }

  func record(_ value: Int64) {
    record(Double(value))
  }

  func record(_ value: Double) {
    distribution.withLock { $0.add(value) }
  }

  /// Times are exposed in seconds.
  func recordNanoseconds(_ duration: Int64) {
    record(Double(max(0, duration)) / 1_000_000_000)
  }
}
