public import Journal
public import Runtime

/// A gauge that is computed from the journal at each scrape, and costs nothing between two.
///
/// ```swift
/// static let gauges = [
///   JournalGauge("delta_parcels", labels: ["state"], help: "Parcels that are not sent.") {
///     snapshot, _ in try snapshot.parcelCounts().map { GaugeValue($0.count, labels: [$0.state]) }
///   }
/// ]
/// ```
///
/// The query reads a few rows by an index, however large the tables are.
public struct JournalGauge: Sendable {
  /// The name, the labels and the meaning.
  public let declaration: MetricDeclaration
  let values: @Sendable (Snapshot, Timestamp) throws -> [GaugeValue]

  /// A gauge.
  ///
  /// - Parameters:
  ///   - name: the name, with the base unit.
  ///   - labels: the names of the labels.
  ///   - help: the meaning, one sentence.
  ///   - values: the present values, by the committed data and the wall clock.
  public init(
    _ name: String, labels: [String] = [], help: String,
    values: @escaping @Sendable (Snapshot, Timestamp) throws -> [GaugeValue]
  ) {
    declaration = MetricDeclaration(name, kind: .gauge, labels: labels, help: help)
    self.values = values
  }
}

/// A value of a gauge.
public struct GaugeValue: Hashable, Sendable {
  /// The value.
  public let value: Double
  /// The values of the declared labels, in their order.
  public let labels: [String]

  /// A value.
  public init(_ value: Double, labels: [String] = []) {
    self.value = value
    self.labels = labels
  }

  /// A count.
  public init(_ count: Int, labels: [String] = []) {
    self.init(Double(count), labels: labels)
  }
}
