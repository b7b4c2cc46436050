/// Bars of the last minutes: how many events there were, how long orders took, or how far a follower
/// was behind.
///
/// A template includes it as `{{#chart}}{{> chart}}{{/chart}}`.
package struct BarChart {
  static let height = 60
  private static let step = 10

  let key: String
  let title: String
  /// The values in words.
  let summary: String
  /// The unit before the summary, for the eye.
  let unit: String
  let width: Int
  let minutes: Int
  let bars: [Bar]

  /// A bar, with the part of it that is filled.
  struct Bar {
    let kind: Kind
    let x: Int
    let y: Int
    let width: Int
    let height: Int
    /// The filled part; nil where the bar is filled as a whole.
    let inner: Inner?
  }

  /// The class of a bar.
  enum Kind: String {
    case whole
    /// Only a part of it is filled.
    case outer
    /// There is no value.
    case unknown
  }

  /// The filled part of a bar.
  struct Inner {
    let y: Int
    let height: Int
  }

  /// A chart of values, oldest first, one for each minute.
  ///
  /// - Parameters:
  ///   - key: the id of its element.
  ///   - title: the name of the chart.
  ///   - summary: the values in words.
  ///   - unit: a sentence about the unit, before the summary.
  ///   - values: the height of each bar; nil where it is unknown, which is no zero.
  ///   - filled: the height of its filled part, where only a part is.
  package init(
    key: String, title: String, summary: String, unit: String = "", values: [Double?],
    filled: [Double]? = nil
  ) {
    self.key = key
    self.title = title
    self.summary = summary
    self.unit = unit
    width = values.count * Self.step
    minutes = values.count
    let most = max(values.compactMap(\.self).max() ?? 0, .leastNonzeroMagnitude)
    func height(of value: Double) -> Int {
      value > 0 ? max(2, Int(value / most * Double(Self.height - 2))) : 0
    }
    bars = values.indices.map { index in
      let x = index * Self.step
      guard let value = values[index] else {
        return Bar(
          kind: .unknown, x: x, y: 0, width: Self.step, height: Self.height, inner: nil)
      }
      let outer = height(of: value)
      let inner = filled.map { height(of: $0[index]) }
      return Bar(
        kind: filled == nil ? .whole : .outer, x: x, y: Self.height - outer,
        width: Self.step - 2, height: outer,
        inner: inner.map { Inner(y: Self.height - $0, height: $0) })
    }
  }
}
