package import Events
package import FoundationEssentials
package import Journal

/// Decides what a publisher sends: events in the order of the log, and beats to every subscribed
/// prefix.
///
/// A value without I/O.
package struct Publication: Sendable {
  /// The published position of the log.
  package private(set) var published: Head
  private let catalogue: String?
  private var subscriptions: BeatSchedule
  /// Whether the log was found to have lost a part of its history.
  private var isSilent: Bool

  /// A publisher that has published everything up to the head of its log.
  ///
  /// Events that were committed before a crash and never sent are not sent now: the beat shows
  /// them, and followers fetch them.
  ///
  /// - Parameter catalogue: the published versions, where they are declared.
  package init(_ head: Head, catalogue: Catalogue? = nil) {
    published = head
    self.catalogue = catalogue?.hash
    isSilent = head.lost != nil
    subscriptions = BeatSchedule(always: Data(Topic.prefix(ofStream: head.stream).utf8))
  }

  /// Another replica has published meanwhile, up to the head of the log or less.
  ///
  /// - Returns: a beat, which shows followers what they may have missed.
  package mutating func resume(from head: Head, at now: Duration) -> [[Data]] {
    published = head
    isSilent = head.lost != nil
    return beat(at: now)
  }

  /// A prefix was subscribed, for the first time or again: the subscriber may be a new one, and
  /// gets a beat with the place of the stream.
  ///
  /// It gets the beat at once, or among those that ``beatsDue(at:)`` gives a little later.
  package mutating func subscribed(_ prefix: Data, at now: Duration) -> [[Data]] {
    subscriptions.subscribed(prefix, at: now) ? beats(to: [prefix]) : []
  }

  /// The last subscriber of a prefix is gone.
  package mutating func cancelled(_ prefix: Data) {
    subscriptions.cancelled(prefix)
  }

  /// The time of the next call of ``beatsDue(at:)``; nil while no new subscription waits for its
  /// beat.
  package var nextBeatAt: Duration? { subscriptions.nextBeatAt }

  /// The delayed beats to new subscriptions that are due.
  package mutating func beatsDue(at now: Duration) -> [[Data]] {
    beats(to: subscriptions.takeDue(at: now))
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
      // A gap is retention: every consumer that needed these events has acknowledged them.
      precondition(
        record.header.sequence > published.sequence, "a log is published in order and once")
      published.advance(to: record.header)
    }
    published.floor = log.floor
    return records.frames
  }

  /// A second has passed.
  package mutating func beat(at now: Duration) -> [[Data]] {
    beats(to: subscriptions.takeAll(at: now))
  }

  private func beats(to prefixes: [Data]) -> [[Data]] {
    isSilent || prefixes.isEmpty
      ? [] : Beat(published, catalogue: catalogue).frames(to: prefixes)
  }
}
