/// Decides which mistakes of peers become log lines: at most one line a second for each kind, and
/// one a minute while a kind goes on, with the number of those that were left out.
///
/// A value without I/O.
package struct Complaints: Sendable {
  fileprivate static let firstInterval = Duration.seconds(1)
  fileprivate static let longestInterval = Duration.seconds(60)

  private var kinds: [String: Kind] = [:]

  fileprivate struct Kind {
    var mayLogAt = Duration.zero
    var interval = Complaints.firstInterval
    var notedAt = Duration.zero
    var leftOut = 0
    var latest = ""
  }

  /// No complaints.
  package init() {}

  /// A peer has made a mistake.
  ///
  /// - Parameters:
  ///   - kind: the kind of mistake; one of a fixed few, never a peer's own words.
  ///   - sentence: what happened, for people.
  /// - Returns: the line to log, if it is time for one.
  package mutating func note(_ kind: String, sentence: String, at now: Duration) -> String? {
    var entry = kinds[kind] ?? Kind()
    defer { kinds[kind] = entry }
    if now - entry.notedAt >= Self.longestInterval { entry.interval = Self.firstInterval }
    entry.notedAt = now
    entry.latest = sentence
    guard now >= entry.mayLogAt else {
      entry.leftOut += 1
      return nil
    }
    return entry.line(at: now)
  }

  /// Time has passed.
  ///
  /// - Returns: the lines to log about complaints that were left out.
  package mutating func tick(at now: Duration) -> [String] {
    var lines: [String] = []
    for (kind, var entry) in kinds.sorted(by: { $0.key < $1.key })
    where entry.leftOut > 0 && now >= entry.mayLogAt {
      entry.leftOut -= 1
      lines.append(entry.line(at: now))
      kinds[kind] = entry
    }
    return lines
  }
}

extension Complaints.Kind {
  fileprivate mutating func line(at now: Duration) -> String {
    defer { leftOut = 0 }
    mayLogAt = now + interval
    interval = min(interval * 2, Complaints.longestInterval)
    return leftOut == 0 ? latest : "\(latest) (and \(leftOut) more since the last such line)"
  }
}
