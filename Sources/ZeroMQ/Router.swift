/// A socket that answers many dealers (ROUTER).
///
/// The first frame of every message is the routing identity of the peer.
///
/// A message to a peer that has gone, or whose queue is full, is dropped. The peer notices by its
/// time-out.
public final class Router: Sendable {
  private let channel: Channel<Message>

  /// The endpoints as they are, with the ports and names that `*` became.
  public let boundEndpoints: [String]

  init(channel: Channel<Message>, boundEndpoints: [String]) {
    self.channel = channel
    self.boundEndpoints = boundEndpoints
  }

  /// The messages of all peers, each preceded by its sender's identity.
  public var messages: Batches<Message> {
    Batches(inbox: channel.inbox)
  }

  /// The traffic of the socket.
  public var traffic: Traffic { channel.traffic }

  /// Queues messages for the peers that their first frames name, in order and together.
  ///
  /// Returns when libzmq was offered them, or will be; suspends while too many wait for that, never
  /// because of a peer.
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
}
