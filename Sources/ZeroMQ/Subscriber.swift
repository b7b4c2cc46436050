public import FoundationEssentials

/// A socket that receives the messages whose first frame begins with a prefix it subscribed to.
///
/// Messages are lost while it is not connected, and when it does not keep up:
/// a protocol that needs all of them numbers them.
public final class Subscriber: Sendable {
  private let channel: Channel<Message>

  init(channel: Channel<Message>) {
    self.channel = channel
  }

  /// The messages, in each publisher's order.
  public var messages: Batches<Message> {
    Batches(inbox: channel.inbox)
  }

  /// The traffic of the socket.
  public var traffic: Traffic { channel.traffic }

  /// Subscribes to a prefix; an empty one is everything.
  ///
  /// It takes effect in the background, and nothing happens after the socket is closed.
  public func subscribe(_ prefix: Data) {
    channel.line.post(.subscribe(prefix))
  }

  /// Takes back one subscription to the prefix; as many are needed as there were of it.
  public func unsubscribe(_ prefix: Data) {
    channel.line.post(.unsubscribe(prefix))
  }
}
