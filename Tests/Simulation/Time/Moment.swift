/// Microseconds of simulated time since the run began.
package typealias Moment = UInt64

extension UInt64 {
  /// So many milliseconds in microseconds.
  static func milliseconds(_ count: UInt64) -> UInt64 { count * 1000 }
  /// So many seconds in microseconds.
  static func seconds(_ count: UInt64) -> UInt64 { count * 1_000_000 }

  /// The moment as seconds with milliseconds, for a story.
  var asSeconds: String {
    let milliseconds = self / 1000
    let fraction = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }
}
