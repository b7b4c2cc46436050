/// A socket that sends requests to a router and receives its replies, with no order or pairing
/// imposed (DEALER).
///
/// A message that no connected peer can take is dropped, because a request that waited for a peer
/// would arrive after its time-out.
public final class Dealer: Sendable {
  private let channel: Channel<Message>

  init(channel: Channel<Message>) {
    self.channel = channel
  }

  /// The answers.
  public var messages: Batches<Message> {
    Batches(inbox: channel.inbox)
  }

  /// The traffic of the socket; ``Traffic/refused`` counts messages that no peer could take.
  public var traffic: Traffic { channel.traffic }

  /// Waits until a peer is connected and can take a message.
  ///
  /// It may be gone a moment later, so this saves a first time-out and promises nothing.
  ///
  /// - Throws: ``ZeroMQError`` with ``ZeroMQError/Code/closed``, or `CancellationError`.
  public nonisolated(nonsending) func connected() async throws {
    try await channel.readiness.wait()
  }

  /// Queues messages for a peer, in order and together.
  ///
  /// Returns when libzmq was offered them, or will be; suspends while too many wait for that, never
  /// because of a peer.
  ///
  /// - Throws: ``ZeroMQError`` with ``ZeroMQError/Code/closed``, or `CancellationError` when the
  ///   task is cancelled while suspended; the messages are not sent then.
  public nonisolated(nonsending) func send(_ messages: [Message]) async throws {
    try await channel.outbox.send(messages)
  }
}
