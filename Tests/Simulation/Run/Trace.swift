import Crypto
import FoundationEssentials

/// All events of a run, line by line, on demand.
///
/// Its digest is what two runs of one seed must have in common.
final class Trace {
  private let clock: SimulatedClock
  private let isKept: Bool
  private(set) var lines: [TraceLine] = []

  init(_ clock: SimulatedClock, isKept: Bool) {
    self.clock = clock
    self.isKept = isKept
  }

  /// - Parameters:
  ///   - place: the service, or the person.
  ///   - tags: the orders and streams that the line is about.
  func note(_ place: String, about tags: [String] = [], _ text: @autoclosure () -> String) {
    guard isKept else { return }
    lines.append(TraceLine(at: clock.now, place: place, tags: tags, text: text()))
  }

  var digest: String {
    var hash = SHA256()
    for line in lines { hash.update(data: Data((line.description + "\n").utf8)) }
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// One thing that happened.
package struct TraceLine: Sendable, CustomStringConvertible {
  let at: Moment
  let place: String
  let tags: [String]
  let text: String

  /// Seconds, place and what happened there.
  package var description: String {
    let time = at.asSeconds
    let indent = String(repeating: " ", count: max(0, 8 - time.count))
    let padding = String(repeating: " ", count: max(1, 10 - place.count))
    return indent + time + "  " + place + padding + text
  }
}
