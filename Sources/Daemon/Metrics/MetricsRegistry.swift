import CoreMetrics
import Synchronization

/// The metrics that a process counts while it runs: the backend of swift-metrics of a service.
///
/// A declared metric is used with its kind and its labels alone. A metric without a declaration, for
/// example of a library, is exposed under its label with every other letter as an underscore.
final class MetricsRegistry: MetricsFactory {
  /// The largest number of values of one metric.
  ///
  /// Further combinations of labels share one value, whose labels are all `other`: a label with
  /// unforeseen values must not fill the memory.
  static let limit = 500

  private struct Family {
    let declaration: MetricDeclaration
    var cells: [[String]: any MetricCell] = [:]
  }

  private let families: Mutex<[String: Family]>

  /// - Parameter declarations: the metrics, each name once.
  init(_ declarations: [MetricDeclaration]) {
    families = Mutex(
      Dictionary(
        declarations.map { ($0.name, Family(declaration: $0)) },
        uniquingKeysWith: { first, _ in
          preconditionFailure("the metric \(first.declaration.name) is declared twice")
        }))
  }

  /// The present values, of the metrics that have any.
  var present: [MetricFamily] {
    let families = families.withLock { $0 }
    return families.values.compactMap { family in
      guard !family.cells.isEmpty else { return nil }
      return MetricFamily(
        family.declaration,
        samples: family.cells.map { MetricSample(labels: $0.key, value: $0.value.value) })
    }
  }

  /// The place of a value, made when it is first asked for.
  private func cell<Cell: MetricCell>(
    _ label: String, dimensions: [(String, String)], default kind: MetricDeclaration.Kind,
    make: (MetricDeclaration.Kind) -> Cell?
  ) -> Cell {
    families.withLock { families in
      let name = families[label] == nil ? Self.name(for: label, kind: kind) : label
      var family =
        families[name]
        ?? Family(
          declaration: MetricDeclaration(
            name, kind: kind, labels: dimensions.map { Self.name(for: $0.0) },
            help: "Counted under the label \(label), and not declared."))
      var labels = dimensions.map(\.1)
      precondition(
        labels.count == family.declaration.labels.count,
        "\(name) has the labels \(family.declaration.labels), not \(dimensions.map(\.0))")
      if family.cells.count >= Self.limit, family.cells[labels] == nil {
        labels = labels.map { _ in "other" }
      }
      guard let cell = family.cells[labels] as? Cell ?? make(family.declaration.kind) else {
        preconditionFailure("\(name) is a \(family.declaration.kind), and used as another kind")
      }
      family.cells[labels] = cell
      families[name] = family
      return cell
    }
  }

  private func remove(_ cell: AnyObject) {
    families.withLock { families in
      for (name, family) in families {
        guard let labels = family.cells.first(where: { $0.value === cell })?.key else { continue }
        families[name]?.cells[labels] = nil
      }
    }
  }

  /// A label of swift-metrics as a name.
  private static func name(for label: String, kind: MetricDeclaration.Kind? = nil) -> String {
    let letters = label.unicodeScalars.map { scalar in
      let isLetter = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9") ~= scalar)
      return isLetter ? Character(scalar) : "_"
    }
    var name = String(letters)
    if name.first.map(\.isNumber) ?? true { name = "_" + name }
    if kind == .counter, !name.hasSuffix("_total") { name += "_total" }
    if kind == .gauge, name.hasSuffix("_total") { name += "_now" }
    return name
  }
}

// MARK: The backend of swift-metrics

extension MetricsRegistry {
  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    cell(label, dimensions: dimensions, default: .counter) {
      $0 == .counter ? CounterCell() : nil
    }
  }

  func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    aggregate
      ? distribution(label, dimensions: dimensions) : gauge(label, dimensions: dimensions)
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions: dimensions)
  }

  private func gauge(_ label: String, dimensions: [(String, String)]) -> GaugeCell {
    cell(label, dimensions: dimensions, default: .gauge) { $0 == .gauge ? GaugeCell() : nil }
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    distribution(label, dimensions: dimensions)
  }

  private func distribution(_ label: String, dimensions: [(String, String)]) -> DistributionCell {
    cell(label, dimensions: dimensions, default: .seconds) { kind in
      if case .histogram(let bounds) = kind { DistributionCell(bounds: bounds) } else { nil }
    }
  }

  func destroyCounter(_ handler: any CounterHandler) {
    remove(handler)
  }

  func destroyRecorder(_ handler: any RecorderHandler) {
    remove(handler)
  }

  func destroyMeter(_ handler: any MeterHandler) {
    remove(handler)
  }

  func destroyTimer(_ handler: any TimerHandler) {
    remove(handler)
  }
}
