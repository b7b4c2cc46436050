import Courier
import Journal

/// A stream that a service follows, as the service's own pages show it.
package struct FollowedStream: Sendable {
  /// The stream.
  package let name: String
  /// The last event that was applied, and committed.
  package let cursor: UInt64
  /// The last event that the publisher is known to have; nil before its first message.
  package let head: UInt64?
  /// The state of following, as in `/api/bus`: `live`, `catchingUp`, `connecting`, `away`,
  /// `stopped`, `standby`.
  package let state: String
  /// The reason for which it is stopped, away or stalled, and the remedy.
  package let reason: String?
  /// Whether it makes no progress, although there is something to be applied.
  package let isStalled: Bool
  /// The other replica of the service that follows it; nil where this process does.
  package let replica: String?

  /// The number of events that are not applied yet; nil before the publisher's first message.
  package var lag: UInt64? { head.map { $0 - min($0, cursor) } }
}

extension Assembly {
  /// The present states of the followed streams.
  package func followedStreams(in snapshot: Snapshot) throws -> [FollowedStream] {
    try subscriptions().map { subscription in
      FollowedStream(
        name: subscription.stream, cursor: try snapshot.cursor(of: subscription.stream).sequence,
        head: subscription.head, state: subscription.state.rawValue, reason: subscription.reason,
        isStalled: subscription.isStalled, replica: subscription.replica)
    }
  }
}
