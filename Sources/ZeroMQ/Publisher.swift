public import FoundationEssentials

/// A socket that sends each message to the subscribers of a prefix of its first frame (XPUB).
///
/// It never waits for a subscriber: messages to a slow subscriber are dropped, and only those. It
/// receives every subscription, also equal ones and those of a reconnect. A message that is sent
/// after a subscription was received arrives there.
public final class Publisher: Sendable {
  /// A change of the subscriptions.
  public enum Change: Sendable, Equatable {
    /// A peer subscribed to this prefix, for the first time or again.
    case subscribed(Data)
    /// The last one with this prefix has gone.
    case cancelled(Data)
  }

  private let channel: Channel<Change>

  /// The endpoints as they are, with the ports and names that `*` became.
  public let boundEndpoints: [String]

  init(channel: Channel<Change>, boundEndpoints: [String]) {
    self.channel = channel
    self.boundEndpoints = boundEndpoints
  }

  /// The subscriptions as they come and go.
  ///
  /// Iterate over them always: changes that are not taken are kept, at first here and then in libzmq, which
  /// has no limit for them.
  public var changes: Batches<Change> {
    Batches(inbox: channel.inbox)
  }

  /// The traffic of the socket.
  public var traffic: Traffic { channel.traffic }

  /// Queues messages for the subscribers, in order and together.
  ///
  /// Returns when libzmq was offered them, or will be; suspends while too many wait for that, never
  /// because of a subscriber.
  ///
  /// - Throws: ``ZeroMQError`` with ``ZeroMQError/Code/closed``, or `CancellationError` when the
  ///   task is cancelled while suspended; the messages are not sent then.
  public nonisolated(nonsending) func send(_ messages: [Message]) async throws {
    try await channel.outbox.send(messages)
  }

  /// Binds an ipc path again that has disappeared, or that another process has bound.
  ///
  /// Connected peers stay connected. The listener at the lost path is kept until the socket
  /// closes, because unbinding it would cut those connections: one file descriptor each time.
  ///
  /// It does nothing for other transports, which cannot lose their addresses.
  ///
  /// - Parameter endpoint: One of ``boundEndpoints``.
  /// - Throws: ``ZeroMQError`` when it cannot be bound; it may be tried again.
  public nonisolated(nonsending) func rebind(_ endpoint: String) async throws {
    try await channel.rebind(endpoint)
  }

  /// An XPUB receives `1` or `0` and the prefix.
  ///
  /// Anything else is a stray message of a peer.
  static func changes(in messages: [Message]) -> [Change] {
    messages.compactMap { message in
      guard message.frames.count == 1, let frame = message.frames.first else { return nil }
      return switch frame.first {
      case 1: .subscribed(Data(frame.dropFirst()))
      case 0: .cancelled(Data(frame.dropFirst()))
      default: nil
      }
    }
  }
}
