/// A metric with its present values: the material of one block of an exposition.
struct MetricFamily: Hashable, Sendable {
  let declaration: MetricDeclaration
  var samples: [MetricSample]

  init(_ declaration: MetricDeclaration, samples: [MetricSample] = []) {
    self.declaration = declaration
    self.samples = samples
  }

  /// A metric without labels; absent where there is no value.
  init(_ declaration: MetricDeclaration, value: Double?) {
    self.init(declaration, samples: value.map { [MetricSample(value: .number($0))] } ?? [])
  }

  /// A metric with a value for each of some things.
  init(_ declaration: MetricDeclaration, values: [(labels: [String], value: Double)]) {
    self.init(
      declaration, samples: values.map { MetricSample(labels: $0.labels, value: .number($0.value)) }
    )
  }
}

/// A value of a metric, for one combination of its labels.
struct MetricSample: Hashable, Sendable {
  enum Value: Hashable, Sendable {
    case number(Double)
    case distribution(Distribution)
  }

  /// The values of the declared labels, in their order.
  var labels: [String] = []
  var value: Value
}

/// Counts over fixed buckets.
struct Distribution: Hashable, Sendable {
  /// The inclusive upper bounds.
  let bounds: [Double]
  /// The number of values in each bucket alone; the last one is beyond every bound.
  private(set) var counts: [UInt64]
  private(set) var sum = 0.0

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = [UInt64](repeating: 0, count: bounds.count + 1)
  }

  /// Takes a value; no memory is allocated.
  mutating func add(_ value: Double) {
    // A sum that is not a number stays so.
    guard value.isFinite else { return }
    var bucket = 0
    while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
    counts[bucket] += 1
    sum += value
  }
}
