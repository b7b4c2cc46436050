/// The declaration of one metric: its name, kind, labels and meaning.
///
/// A service declares its own metrics once, and counts with swift-metrics by their names:
///
/// ```swift
/// static let metrics = [
///   MetricDeclaration(
///     "delta_parcels_total", kind: .counter, labels: ["size"], help: "Parcels that were packed.")
/// ]
///
/// let parcels = Counter(
///   label: "delta_parcels_total", dimensions: [("size", "large")], factory: shell.metrics)
/// parcels.increment()
/// ```
///
/// A label has few values that are known beforehand: never an id, a path or a text of a user.
public struct MetricDeclaration: Hashable, Sendable {
  /// The kinds of metrics.
  public enum Kind: Hashable, Sendable {
    /// A number that only grows; its name ends with `_total`.
    case counter
    /// A number that goes up and down.
    case gauge
    /// A distribution over fixed buckets, by their inclusive upper bounds; that of `+Inf` is added.
    case histogram(buckets: [Double])
  }

  /// The name, with the base unit and without the service: `eventually_journal_bytes`.
  public let name: String
  /// The kind.
  public let kind: Kind
  /// The names of the labels.
  public let labels: [String]
  /// The meaning, one sentence.
  public let help: String

  /// A metric.
  ///
  /// - Parameters:
  ///   - name: ASCII letters, digits and underscores, and no digit first; a counter's name ends with
  ///     `_total`.
  ///   - kind: the kind.
  ///   - labels: the names of the labels, with the same letters.
  ///   - help: the meaning, one sentence.
  public init(_ name: String, kind: Kind, labels: [String] = [], help: String) {
    precondition(
      Self.isName(name) && labels.allSatisfy(Self.isName), "\(name) is not the name of a metric")
    switch kind {
    case .counter: precondition(name.hasSuffix("_total"), "the counter \(name) needs _total")
    case .gauge: precondition(!name.hasSuffix("_total"), "the gauge \(name) is named as a counter")
    case .histogram(let buckets):
      let isGrowing = zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }
      precondition(isGrowing && !buckets.isEmpty, "the buckets of \(name) do not grow")
    }
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
        || $0 == UInt8(ascii: "_")
    }
  }
}

extension MetricDeclaration.Kind {
  /// A distribution of times, from 5 ms to 10 s: the buckets that OpenTelemetry gives for requests.
  public static let seconds = Self.histogram(
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
}
