package import Events
package import FoundationEssentials
package import Journal

/// Decides what a publisher sends: events in the order of the log, and beats to every prefix that
/// somebody subscribed.
///
/// A value without I/O.
package struct Publication: Sendable {
  /// Beats go to at most so many prefixes, of at most so many bytes: whoever subscribes more
  /// hears events and no beat.
  static let maxPrefixes = 1024
  static let maxPrefixBytes = 255

  /// How far the log is published.
  package private(set) var published: Head
  private let catalogue: String?
  private var prefixes: [Data] = []
  /// Whether the log was found to have lost a part of its history.
  private var isSilent: Bool

  /// A publisher that has published all up to the head of its log.
  ///
  /// What was committed before a crash and never sent is told by the beat, and fetched.
  ///
  /// - Parameter catalogue: the versions that are published, where that is declared.
  package init(_ head: Head, catalogue: Catalogue? = nil) {
    published = head
    self.catalogue = catalogue?.hash
    isSilent = head.lost != nil
  }

  /// A prefix was subscribed: it is told at once where the stream is, though it was told before,
  /// since the subscriber may be a new one.
  package mutating func subscribed(_ prefix: Data) -> [[Data]] {
    guard prefix.count <= Self.maxPrefixBytes else { return [] }
    if !prefixes.contains(prefix) {
      guard prefixes.count < Self.maxPrefixes else { return [] }
      prefixes.append(prefix)
    }
    return beats(to: [prefix])
  }

  /// The last subscriber of a prefix is gone.
  package mutating func cancelled(_ prefix: Data) {
    prefixes.removeAll { $0 == prefix }
  }

  /// These events of the log are published next; none where only the log's state has changed.
  ///
  /// A log that has lost a part of its history is silent.
  package mutating func publish(_ records: [Record], of log: Head) -> [[Data]] {
    guard log.lost == nil else {
      isSilent = true
      return []
    }
    for record in records {
      // What is missing has left the log already, and is nobody's: whoever wants it has it.
      precondition(
        record.header.sequence > published.sequence, "a log is published in order and once")
      published.advance(to: record.header)
    }
    published.floor = log.floor
    return records.map(\.frames)
  }

  /// A second has passed.
  package func beat() -> [[Data]] {
    beats(to: prefixes)
  }

  private func beats(to prefixes: [Data]) -> [[Data]] {
    isSilent ? [] : prefixes.map(Beat(published, catalogue: catalogue).frames(to:))
  }
}
