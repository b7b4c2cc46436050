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
  /// Why it is stopped or away, and what to do.
  public let reason: String?
  /// Whether the service may call itself ready, as far as this stream goes.
  public let isReady: Bool
  /// What happened on the way since the service was started.
  public let counts: Counts

  /// What happened to a stream on the way, counted.
  public struct Counts: Codable, Hashable, Sendable {
    /// How often events were missing between two that were heard: so drops show.
    public var gaps: UInt64 = 0
    /// How many events came out of the publisher's log instead of being heard.
    public var recovered: UInt64 = 0
    /// How many events were heard again, and left out.
    public var duplicates: UInt64 = 0

    /// Nothing yet.
    public init() {}
  }

  /// How a service stands with a stream.
  public init(
    stream: String, cursor: UInt64, head: UInt64?, state: State, reason: String?, isReady: Bool,
    counts: Counts = Counts()
  ) {
    self.stream = stream
    self.cursor = cursor
    self.head = head
    lag = head.map { $0 - min($0, cursor) }
    self.state = state
    self.reason = reason
    self.isReady = isReady
    self.counts = counts
  }
}
