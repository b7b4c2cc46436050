/// The limits and times of one socket.
///
/// There is no value for "no limit": memory is bounded for any behaviour of a peer or a slow
/// consumer. Limits are in bytes. libzmq counts messages, so its high-water marks are computed from
/// the bytes and the largest message; smaller messages make the queues smaller.
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

  /// The time for which a closed socket continues to send its queue, in the background: 250 ms.
  ///
  /// A peer that reads gets the rest in that time. One that does not read delays
  /// ``Context/close()`` by that time, never the scope of the socket. It is not zero, because
  /// libzmq 4.3.4 aborts the process when a socket without linger is closed in the middle of a
  /// multipart message to a peer that goes at the same moment, as in a shutdown of all services
  /// (session_base.cpp:260; seen in every run of 3,000 such closings, and in none of 18,000 with
  /// linger). A subscriber has none regardless of this value: it sends nothing but subscriptions.
  public var linger = Duration.milliseconds(250)

  /// The time before the first attempt to reconnect: 100 ms.
  public var reconnectInterval = Duration.milliseconds(100)

  /// The limit of that time, which doubles with each attempt: 2 s, so that a subscriber reaches a
  /// restarted publisher well before it would report it as away.
  public var reconnectIntervalLimit = Duration.seconds(2)

  /// The time of silence after which the kernel probes a tcp connection, and gives it up three
  /// probes later: 10 s; zero is never.
  ///
  /// A subscriber sends nothing, so without it a subscriber of a vanished peer would wait forever.
  /// It is the kernel's and not ZeroMQ's heartbeat, because the latter also disconnects a peer that
  /// is alive and merely slow.
  public var keepalive = Duration.seconds(10)

  /// The number of received messages that wait for the consumer before the socket is left unread:
  /// 16,384.
  ///
  /// The 256 messages of one turn may be added to it.
  public var inboxMessages = 16_384

  /// The number of received bytes that wait for the consumer before the socket is left unread: 16
  /// MiB.
  public var inboxBytes = 16 << 20

  /// The number of messages that wait for the poller before a sender is suspended: 8,192.
  ///
  /// The batch of one sender may be added to it.
  public var outboxMessages = 8_192

  /// The number of bytes that wait for the poller before a sender is suspended: 8 MiB.
  public var outboxBytes = 8 << 20

  /// The defaults, each with its reason at the property.
  public init() {}
}

extension SocketSettings {
  /// The number of outgoing messages that libzmq keeps for each peer.
  ///
  /// libzmq takes 0 for "no limit", hence at least 1.
  var sendHighWater: Int32 {
    Int32(clamping: max(1, sendQueueBytes / max(1, sendMessageBytes)))
  }

  /// The number of incoming messages that libzmq keeps for each peer.
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
