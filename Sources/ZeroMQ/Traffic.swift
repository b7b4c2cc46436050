/// The counts of one socket since it was opened, for metrics and for tests of limits.
public struct Traffic: Sendable, Hashable {
  /// Messages taken from libzmq.
  public internal(set) var received: UInt64 = 0
  /// Messages given to libzmq, which may still drop them for a peer that does not keep up.
  public internal(set) var sent: UInt64 = 0
  /// Messages that libzmq did not take: no peer, a full queue, or no frames.
  public internal(set) var refused: UInt64 = 0
  /// Messages that were dropped because their sender is not the expected user's process.
  public internal(set) var foreign: UInt64 = 0
  /// The sender of the last one of them; nil where libzmq does not know it.
  public internal(set) var foreignPeer: Peer?
  /// The most messages that ever waited for the consumer.
  public internal(set) var inboxPeak = 0
  /// The most messages that ever waited for the poller.
  public internal(set) var outboxPeak = 0
}
