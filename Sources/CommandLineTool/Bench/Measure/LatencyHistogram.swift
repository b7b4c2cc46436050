/// Counts whole numbers, for example microseconds, with three significant digits.
///
/// The buckets are log-linear, as in HdrHistogram: one for each value up to 2,047, and 1,024 for
/// each power of two above. A percentile is therefore at most 0.1 % above the true value, and a
/// histogram of any range has a few kilobytes.
struct LatencyHistogram: Hashable, Sendable {
  /// The bits of a value that are kept.
  private static let precision = 11
  private static let linear = 1 << precision

  private var counts: [UInt64] = []
  private(set) var count: UInt64 = 0
  private(set) var max: UInt64 = 0

  mutating func record(_ value: UInt64) {
    let bucket = Self.bucket(of: value)
    if bucket >= counts.count {
      counts.append(contentsOf: repeatElement(0, count: bucket + 1 - counts.count))
    }
    counts[bucket] += 1
    count += 1
    max = Swift.max(max, value)
  }

  /// Adds the counts of another histogram.
  mutating func merge(_ other: LatencyHistogram) {
    if other.counts.count > counts.count {
      counts.append(contentsOf: repeatElement(0, count: other.counts.count - counts.count))
    }
    for (bucket, count) in other.counts.enumerated() { counts[bucket] += count }
    count += other.count
    max = Swift.max(max, other.max)
  }

  /// The smallest value that at least this share of the values do not exceed; 0 without values.
  ///
  /// - Parameter percent: above 0, at most 100.
  func percentile(_ percent: Double) -> UInt64 {
    // The product of 99.9 % and 1,000 values may be a little more than 999.
    let share = percent * Double(count) / 100
    let rank = Swift.max(1, UInt64((share - share * 1e-12).rounded(.up)))
    var seen: UInt64 = 0
    for (bucket, count) in counts.enumerated() {
      seen += count
      if seen >= rank { return min(Self.highestValue(in: bucket), max) }
    }
    return max
  }

  /// Values below 2,048 have a bucket each; a larger one keeps its highest 11 bits.
  private static func bucket(of value: UInt64) -> Int {
    guard value >= linear else { return Int(value) }
    let shift = UInt64.bitWidth - value.leadingZeroBitCount - precision
    return shift * linear / 2 + Int(value >> UInt64(shift))
  }

  private static func highestValue(in bucket: Int) -> UInt64 {
    guard bucket >= linear else { return UInt64(bucket) }
    let shift = UInt64(bucket / (linear / 2) - 1)
    let kept = UInt64(bucket) - shift * UInt64(linear / 2)
    // The last bucket ends with the largest number, one before a power that does not exist.
    return ((kept + 1) << shift) &- 1
  }
}

/// The figures of a histogram that a report shows.
struct Percentiles: Codable, Hashable, Sendable {
  let p50: UInt64
  let p99: UInt64
  let max: UInt64

  init(p50: UInt64, p99: UInt64, max: UInt64) {
    self.p50 = p50
    self.p99 = p99
    self.max = max
  }

  init(_ histogram: LatencyHistogram) {
    self.init(
      p50: histogram.percentile(50), p99: histogram.percentile(99), max: histogram.max)
  }
}
