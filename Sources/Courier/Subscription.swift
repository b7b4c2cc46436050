package import Events
import FoundationEssentials
package import Journal

/// The state of one stream that a service follows.
public struct Subscription: Codable, Hashable, Sendable {
  /// The state of following.
  package enum State: String, CaseIterable, Codable, Hashable, Sendable {
    /// Nothing received from the publisher yet, and not for long enough to report it as away.
    case connecting
    /// Fetching missed events from the publisher's log.
    case catchingUp
    /// Receiving events as they are published.
    case live
    /// The publisher does not answer.
    case away
    /// No replica is known to follow it now: another one is about to take the role, or has just taken it.
    case standby
    /// Stopped, since the two histories disagree; an operator decides.
    case stopped
  }

  /// The followed stream.
  package let stream: String
  /// The last event that was applied.
  package let cursor: UInt64
  /// The last event that the publisher is known to have; nil before its first message.
  package let head: UInt64?
  /// The number of events that are not applied yet; nil before the publisher's first message.
  package let lag: UInt64?
  /// The state of following.
  package let state: State
  /// The reason for which it is stopped, away, stalled or not acknowledged, and the remedy.
  package let reason: String?
  /// Whether the service may call itself ready, as far as this stream goes.
  package let isReady: Bool
  /// Whether it makes no progress, although there is something to be applied, for the ``reason``.
  package let isStalled: Bool
  /// The counts since the start of the service.
  package let counts: Counts
  /// The versions that the publisher publishes, and that are not known here.
  package let lacks: [LackedVersion]
  /// The other replica of the service that follows it, and shows this; nil where this process does.
  package private(set) var replica: String?

  /// The counts of a followed stream.
  package struct Counts: Codable, Hashable, Sendable {
    /// The number of times that events were missing between two live events.
    package var gaps: UInt64 = 0
    /// The number of events that came from the publisher's log, and not live.
    package var recovered: UInt64 = 0
    /// The number of events that were received again and ignored.
    package var duplicates: UInt64 = 0
    /// The number of events that were skipped because their type has no reaction.
    package var unknown: UInt64 = 0

    /// All counts are zero.
    package init() {}
  }

  /// The state of a stream.
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

// MARK: Replicas

extension Subscription {
  /// The text by which the other replicas know of it.
  var shared: String? { (try? json()).map { String(decoding: $0, as: UTF8.self) } }

  /// What another replica shows of a stream that it follows; nil for a text of another version.
  ///
  /// - Parameters:
  ///   - lease: the other replica's role.
  ///   - isReady: whether this process is, which the other replica's state does not decide.
  package init?(_ lease: RoleLease, isReady: Bool) {
    guard let bytes = lease.status?.utf8, let shown = try? Subscription(json: Data(bytes)) else {
      return nil
    }
    self.init(
      stream: shown.stream, cursor: shown.cursor, head: shown.head, state: shown.state,
      reason: shown.reason, isReady: isReady, isStalled: shown.isStalled,
      counts: shown.counts, lacks: shown.lacks)
    replica = lease.replica
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

  /// The effect on a consumer, and the remedy, for people.
  package func sentence(stream: String, consumer: String) -> String {
    let opening = "\(stream) publishes \(type) version \(version)"
    guard !isReadable else { return "\(opening), which \(consumer) reads as version \(known)" }
    guard version > known else {
      return """
        \(opening), which \(consumer) does not read any more: such events are deferred. Let \
        \(stream) publish version \(known) again: take the pin out of \(stream).pins, or upgrade it
        """
    }
    return """
      \(opening), which may be read from version \(leastReader) on, and \(consumer) reads version \
      \(known) at most: such events are deferred until \(consumer) is upgraded. Upgrade it, or pin \
      the older version at \(stream) until then: \(stream).pins: \(type)=\(known)
      """
  }
}
