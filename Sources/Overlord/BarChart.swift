/// Bars of the last minutes: how many events there were, or how long orders took.
struct BarChart {
  static let height = 60
  private static let step = 10

  let key: String
  let title: String
  /// The values in words.
  let summary: String
  let width: Int
  let bars: [Bar]

  /// A bar, with the part of it that is filled.
  struct Bar {
    let minute: String
    let x: Int
    let y: Int
    let height: Int
    /// The filled part; nil where the bar is filled as a whole.
    let inner: Inner?
  }

  /// The filled part of a bar.
  struct Inner {
    let y: Int
    let height: Int
  }

  /// A chart of values, oldest first.
  ///
  /// - Parameters:
  ///   - key: the id of its element.
  ///   - title: the name of the chart.
  ///   - summary: the values in words.
  ///   - values: the height of each bar.
  ///   - filled: the height of its filled part, where only a part is.
  init(key: String, title: String, summary: String, values: [Double], filled: [Double]? = nil) {
    self.key = key
    self.title = title
    self.summary = summary
    width = values.count * Self.step
    let most = max(values.max() ?? 0, .leastNonzeroMagnitude)
    func height(of value: Double) -> Int {
      value > 0 ? max(2, Int(value / most * Double(Self.height - 2))) : 0
    }
    bars = values.indices.map { index in
      let outer = height(of: values[index])
      let inner = filled.map { height(of: $0[index]) }
      return Bar(
        minute: index == values.count - 1 ? "now" : "\(values.count - 1 - index) min ago",
        x: index * Self.step, y: Self.height - outer, height: outer,
        inner: inner.map { Inner(y: Self.height - $0, height: $0) })
    }
  }
}
