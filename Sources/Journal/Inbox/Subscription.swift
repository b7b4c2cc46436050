public import Events

/// How a service stands with one stream that it follows.
public struct Subscription: Codable, Hashable, Sendable {
  /// The state of following.
  public enum State: String, Codable, Hashable, Sendable {
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
  public let stream: String
  /// The last event that was applied.
  public let cursor: UInt64
  /// The last event that the publisher is known to have; nil before it was heard.
  public let head: UInt64?
  /// How many events are still to be applied; nil before the publisher was heard.
  public let lag: UInt64?
  /// The state of following.
  public let state: State
  /// Why it is stopped, away or stalled, or is not acknowledged, and what to do.
  public let reason: String?
  /// Whether the service may call itself ready, as far as this stream goes.
  public let isReady: Bool
  /// Whether it makes no progress, although there is something to be applied, for the ``reason``.
  public let isStalled: Bool
  /// What happened on the way since the service was started.
  public let counts: Counts
  /// The versions that the publisher publishes, and that are not known here.
  public let lacks: [LackedVersion]

  /// What happened to a stream on the way, counted.
  public struct Counts: Codable, Hashable, Sendable {
    /// How often events were missing between two that were heard: so drops show.
    public var gaps: UInt64 = 0
    /// How many events came out of the publisher's log instead of being heard.
    public var recovered: UInt64 = 0
    /// How many events were heard again, and left out.
    public var duplicates: UInt64 = 0
    /// How many events were passed over because nobody here knows their type.
    public var unknown: UInt64 = 0

    /// Nothing yet.
    public init() {}
  }

  /// How a service stands with a stream.
  public init(
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
public struct LackedVersion: Codable, Hashable, Sendable {
  /// The event's declared name.
  public let type: String
  /// The version that is published.
  public let version: UInt16
  /// The oldest version whose readers may apply it.
  public let leastReader: UInt16
  /// The newest version that is read here.
  public let known: UInt16

  /// A published version, beside the newest that is read.
  public init(_ published: PayloadSchema, known: UInt16) {
    (type, version, leastReader) = (published.type, published.version, published.leastReader)
    self.known = known
  }

  /// Whether its events are applied all the same: a newer one may be, one that was retired is not.
  public var isReadable: Bool { version > known && leastReader <= known }

  /// What it means to a consumer, and what to do, for people.
  public func sentence(stream: String, consumer: String) -> String {
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
