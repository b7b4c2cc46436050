import Glibc

/// Events per second against the number of writers, as an SVG drawing.
struct ThroughputPlot: Sendable {
  struct Point: Hashable, Sendable {
    let writers: Int
    let eventsPerSecond: Double
  }

  let title: String
  let points: [Point]

  // Pixels.
  private static let width = 640
  private static let height = 400
  private static let margin = (left: 90, right: 30, top: 50, bottom: 60)

  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(Self.height)" \
    font-family="sans-serif" font-size="13">
    <rect width="100%" height="100%" fill="white"/>
    \(text(title, x: Self.width / 2, y: 28, anchor: "middle"))
    \(axes.joined(separator: "\n"))
    <polyline fill="none" stroke="#0a6e8a" stroke-width="2" points="\(line)"/>
    \(points.map(mark).joined(separator: "\n"))
    </svg>
    """
  }

  /// The highest value of the vertical axis: 1, 2 or 5 and zeros.
  var top: Double {
    let highest = max(1, points.map(\.eventsPerSecond).max() ?? 1)
    let unit = pow(10, floor(log10(highest)))
    return [1, 2, 5, 10].map { $0 * unit }.first { $0 >= highest } ?? highest
  }

  private var axes: [String] {
    let right = Self.width - Self.margin.right
    let bottom = Self.height - Self.margin.bottom
    let levels = (0...4).flatMap { quarter in
      let value = top * Double(quarter) / 4
      let level = y(value)
      return [
        """
        <line x1="\(Self.margin.left)" y1="\(level)" x2="\(right)" y2="\(level)" stroke="#ddd"/>
        """,
        text(Int(value).grouped, x: Self.margin.left - 8, y: level + 4, anchor: "end"),
      ]
    }
    let writers = points.map {
      text($0.writers.grouped, x: x($0.writers), y: bottom + 20, anchor: "middle")
    }
    let names = [
      text("concurrent writers", x: Self.width / 2, y: bottom + 44, anchor: "middle"),
      text("events/s", x: Self.margin.left - 8, y: Self.margin.top - 12, anchor: "end"),
    ]
    return levels + writers + names
  }

  private var line: String {
    points.map { "\(x($0.writers)),\(y($0.eventsPerSecond))" }.joined(separator: " ")
  }

  private func mark(_ point: Point) -> String {
    let across = x(point.writers)
    let down = y(point.eventsPerSecond)
    let label = text(point.eventsPerSecond.rounded3, x: across, y: down - 9, anchor: "middle")
    return "<circle cx=\"\(across)\" cy=\"\(down)\" r=\"4\" fill=\"#0a6e8a\"/>\n\(label)"
  }

  private func text(_ text: String, x: Int, y: Int, anchor: String) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(text)</text>"
  }

  /// A logarithmic scale.
  private func x(_ writers: Int) -> Int {
    let last = log(Double(max(2, points.map(\.writers).max() ?? 2)))
    let width = Self.width - Self.margin.left - Self.margin.right - 40
    return Self.margin.left + 20 + Int((log(Double(writers)) / last * Double(width)).rounded())
  }

  private func y(_ value: Double) -> Int {
    let height = Self.height - Self.margin.top - Self.margin.bottom
    return Self.margin.top + height - Int((value / top * Double(height)).rounded())
  }
}
