package import Events

/// How a service stands with one stream that it follows.
public struct Subscription: Codable, Hashable, Sendable {
  /// The state of following.
  package enum State: String, Codable, Hashable, Sendable {
    /// Not heard of the publisher yet, and not long enough to call it away.
    case connecting
    /// Reading what was missed from the publisher's log.
    case catchingUp
    /// Hearing events as they are published.
    case live
    /// The publisher does not answer.
    case away
    /// Stopped, since the two histories disagree; an operator decides.
    case stopped
  }

  /// The followed stream.
  package let stream: String
  /// The last event that was applied.
  package let cursor: UInt64
  /// The last event that the publisher is known to have; nil before it was heard.
  package let head: UInt64?
  /// How many events are still to be applied; nil before the publisher was heard.
  package let lag: UInt64?
  /// The state of following.
  package let state: State
  /// Why it is stopped, away or stalled, or is not acknowledged, and what to do.
  package let reason: String?
  /// Whether the service may call itself ready, as far as this stream goes.
  package let isReady: Bool
  /// Whether it makes no progress, although there is something to be applied, for the ``reason``.
  package let isStalled: Bool
  /// What happened on the way since the service was started.
  package let counts: Counts
  /// The versions that the publisher publishes, and that are not known here.
  package let lacks: [LackedVersion]

  /// What happened to a stream on the way, counted.
  package struct Counts: Codable, Hashable, Sendable {
    /// How often events were missing between two that were heard: so drops show.
    package var gaps: UInt64 = 0
    /// How many events came out of the publisher's log instead of being heard.
    package var recovered: UInt64 = 0
    /// How many events were heard again, and left out.
    package var duplicates: UInt64 = 0
    /// How many events were passed over because their type has no reaction.
    package var unknown: UInt64 = 0

    /// Nothing yet.
    package init() {}
  }

  /// How a service stands with a stream.
  package init(
    stream: String, cursor: UInt64, head: UInt64?, state: State, reason: String?, isReady: Bool,
    isStalled: Bool = false, counts: Counts = Counts(), lacks: [LackedVersion] = []
  ) {
    self.stream = stream
    self.cursor = cursor
    self.head = head
    lag = head.map { $0 - min($0, cursor) }
    self.state = state
    self.reason = reason
    self.isReady = isReady
    self.isStalled = isStalled
    self.counts = counts
    self.lacks = lacks
  }
}

/// A version of an event that is published, and that a service does not know.
package struct LackedVersion: Codable, Hashable, Sendable {
  /// The event's declared name.
  package let type: String
  /// The version that is published.
  package let version: UInt16
  /// The oldest version whose readers may apply it.
  package let leastReader: UInt16
  /// The newest version that is read here.
  package let known: UInt16

  /// A published version, beside the newest that is read.
  package init(_ published: PayloadSchema, known: UInt16) {
    type = published.type
    version = published.version
    leastReader = published.leastReader
    self.known = known
  }

  /// Whether its events are applied all the same: a newer one may be, one that was retired is not.
  package var isReadable: Bool { version > known && leastReader <= known }

  /// What it means to a consumer, and what to do, for people.
  package func sentence(stream: String, consumer: String) -> String {
    let opening = "\(stream) publishes \(type) version \(version)"
    guard !isReadable else { return "\(opening), which \(consumer) reads as version \(known)" }
    guard version > known else {
      return """
        \(opening), which \(consumer) does not read any more: such events are put aside. Let \
        \(stream) publish version \(known) again: take the pin out of \(stream).pins, or upgrade it
        """
    }
    return """
      \(opening), which may be read from version \(leastReader) on, and \(consumer) reads version \
      \(known) at most: such events are put aside until \(consumer) is upgraded. Upgrade it, or pin \
      the older version at \(stream) until then: \(stream).pins: \(type)=\(known)
      """
  }
}
