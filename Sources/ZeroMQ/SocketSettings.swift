/// The limits and times of one socket.
///
/// There is no value for "no limit": whatever a peer or a slow consumer does, memory is bounded.
/// Limits are in bytes. libzmq counts messages, so its high-water marks are made from the bytes and
/// the largest message; smaller messages make the queues smaller.
public struct SocketSettings: Sendable, Hashable {
  /// The longest frame that is taken from a peer, in bytes: 1 MiB; libzmq disconnects the sender of
  /// a longer one.
  ///
  /// Without it one peer could ask for any amount of memory. It bounds a frame and not a message:
  /// frames of an endless message are bounded by ``ContextLimits/heapBytes``.
  public var maxFrameBytes = 1 << 20

  /// The bytes of outgoing messages that libzmq keeps for each peer: 64 MiB.
  ///
  /// Past it, a publisher and a router drop for that peer alone, a dealer refuses. It is long
  /// enough for a short pause of a subscriber to cost no catch-up.
  public var sendQueueBytes = 64 << 20

  /// The largest message that is sent, in bytes: 64 KiB.
  public var sendMessageBytes = 64 << 10

  /// The bytes of incoming messages that libzmq keeps for each peer: 64 MiB.
  public var receiveQueueBytes = 64 << 20

  /// The largest message that is received, in bytes: 64 KiB.
  public var receiveMessageBytes = 64 << 10

  /// How long a closed socket goes on sending what is queued, in the background: 250 ms.
  ///
  /// A peer that reads gets the rest in that time. One that does not holds up ``Context/close()``
  /// for so long, never the scope of the socket. It is not zero, because libzmq 4.3.4 aborts the
  /// process when a socket without linger is closed in the middle of a multipart message to a peer
  /// that goes at the same moment, as in a shutdown of all services (session_base.cpp:260; seen in
  /// every run of 3,000 such closings, and in none of 18,000 with linger). A subscriber has none
  /// whatever is set here: it sends nothing but subscriptions.
  public var linger = Duration.milliseconds(250)

  /// How long to wait before the first attempt to reconnect: 100 ms.
  public var reconnectInterval = Duration.milliseconds(100)

  /// How far that wait grows, doubling with each attempt: 2 s, so that a publisher that comes back
  /// is heard well before its followers would call it away.
  public var reconnectIntervalLimit = Duration.seconds(2)

  /// How long a tcp connection is silent before the kernel probes it, and three probes later gives
  /// it up: 10 s; zero is never.
  ///
  /// A subscriber sends nothing, so without it one whose peer vanished would wait for ever. It is
  /// the kernel's and not ZeroMQ's heartbeat, because that one also disconnects a peer that is
  /// alive and merely slow.
  public var keepalive = Duration.seconds(10)

  /// How many received messages wait for the consumer before the socket is left unread: 16,384.
  ///
  /// One turn's 256 messages may come on top.
  public var inboxMessages = 16_384

  /// How many received bytes wait for the consumer before the socket is left unread: 16 MiB.
  public var inboxBytes = 16 << 20

  /// How many messages wait for the poller before a sender is suspended: 8,192.
  ///
  /// One sender's batch may come on top.
  public var outboxMessages = 8_192

  /// How many bytes wait for the poller before a sender is suspended: 8 MiB.
  public var outboxBytes = 8 << 20

  /// The defaults, each with its reason at the property.
  public init() {}
}

extension SocketSettings {
  /// How many outgoing messages libzmq keeps for each peer.
  ///
  /// libzmq takes 0 for "no limit", hence at least 1.
  var sendHighWater: Int32 {
    Int32(clamping: max(1, sendQueueBytes / max(1, sendMessageBytes)))
  }

  /// How many incoming messages libzmq keeps for each peer.
  var receiveHighWater: Int32 {
    Int32(clamping: max(1, receiveQueueBytes / max(1, receiveMessageBytes)))
  }
}

extension Duration {
  /// Whole milliseconds, as libzmq's options take them.
  var milliseconds: Int32 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    return overflow ? .max : Int32(clamping: product + attoseconds / 1_000_000_000_000_000)
  }
}
