/// Writes metrics as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0.0.
///
/// The text depends on the values alone: names and labels are sorted.
struct PrometheusText {
  enum Format: Sendable {
    case prometheus
    case openMetrics

    var contentType: String {
      switch self {
      case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
      case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
      }
    }
  }

  private let format: Format
  private var text = ""

  /// The text of some metrics.
  static func text(_ families: [MetricFamily], as format: Format) -> String {
    var writer = PrometheusText(format: format)
    for family in families.sorted(by: { $0.declaration.name < $1.declaration.name }) {
      writer.write(family)
    }
    if format == .openMetrics { writer.text += "# EOF\n" }
    return writer.text
  }

  private init(format: Format) {
    self.format = format
  }

  private mutating func write(_ family: MetricFamily) {
    let declaration = family.declaration
    let name = blockName(of: declaration)
    text += "# HELP \(name) \(escapedHelp(declaration.help))\n"
    text += "# TYPE \(name) \(declaration.kind.word)\n"
    let samples = family.samples.sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
    for sample in samples {
      let labels = zip(declaration.labels, sample.labels).map { "\($0)=\"\(escapedLabel($1))\"" }
      switch sample.value {
      case .number(let value): line(declaration.name, labels: labels, value: value)
      case .distribution(let distribution):
        write(distribution, name: declaration.name, labels: labels)
      }
    }
  }

  /// OpenMetrics names a counter without `_total`, which belongs to its value.
  private func blockName(of declaration: MetricDeclaration) -> String {
    guard format == .openMetrics, declaration.kind == .counter else { return declaration.name }
    return String(declaration.name.dropLast("_total".count))
  }

  private mutating func write(_ distribution: Distribution, name: String, labels: [String]) {
    var total: UInt64 = 0
    let bounds = distribution.bounds.map(\.description) + ["+Inf"]
    for (bound, count) in zip(bounds, distribution.counts) {
      total += count
      line("\(name)_bucket", labels: labels + ["le=\"\(bound)\""], value: Double(total))
    }
    line("\(name)_sum", labels: labels, value: distribution.sum)
    line("\(name)_count", labels: labels, value: Double(total))
  }

  private mutating func line(_ name: String, labels: [String], value: Double) {
    let list = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
    text += "\(name)\(list) \(number(value))\n"
  }

  private func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value).map(\.description) ?? value.description
  }

  private func escapedHelp(_ help: String) -> String {
    let text = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    return format == .openMetrics ? text.replacing("\"", with: "\\\"") : text
  }

  private func escapedLabel(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\"", with: "\\\"")
  }
}

extension PrometheusText.Format {
  /// The format that an `Accept` field prefers; that of Prometheus where none is named.
  init(accept: String?) {
    let ranges = (accept ?? "").lowercased().split(separator: ",").map { range in
      range.split(separator: ";").map { $0.trimmed }
    }
    func weight(of type: String) -> Double {
      ranges.filter { $0.first == type }.map { range in
        range.lazy.compactMap { $0.hasPrefix("q=") ? Double($0.dropFirst(2)) : nil }.first ?? 1
      }.max() ?? 0
    }
    let wanted = weight(of: "application/openmetrics-text")
    self = wanted > 0 && wanted >= weight(of: "text/plain") ? .openMetrics : .prometheus
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

extension MetricDeclaration.Kind {
  /// The name of the kind in an exposition.
  var word: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }
}
