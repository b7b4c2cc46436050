/// The limits and times of one socket.
///
/// The defaults suit every socket of a service.
///
/// There is no value for "no limit": whatever a peer or a slow consumer does, memory is bounded.
public struct SocketSettings: Sendable, Hashable {
  /// How many outgoing messages libzmq keeps for each peer: 10,000.
  ///
  /// Past it, a publisher and a router drop for that peer alone, a dealer refuses. It is several
  /// seconds of a busy stream, so a short pause of a subscriber costs no catch-up.
  public var sendHighWater = 10_000

  /// How many incoming messages libzmq keeps for each peer: 10,000, for the same reason.
  public var receiveHighWater = 10_000

  /// How long a closed socket goes on sending what is queued, in the background: 250 ms.
  ///
  /// A peer that reads gets the rest in that time. One that does not holds up ``Context/close()``
  /// for so long, never the scope of the socket. It is not zero, because libzmq 4.3.4 aborts the
  /// process when a socket without linger is closed in the middle of a multipart message to a peer
  /// that goes at the same moment, as in a shutdown of all services (session_base.cpp:260; seen in
  /// every run of 3,000 such closings, and in none of 18,000 with linger). A subscriber has none
  /// whatever is set here: it sends nothing but subscriptions.
  public var linger = Duration.milliseconds(250)

  /// The longest frame that is taken from a peer, in bytes: 1 MiB; libzmq disconnects the sender of
  /// a longer one.
  ///
  /// Without it one peer could ask for any amount of memory.
  public var maxMessageBytes = 1 << 20

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

extension Duration {
  /// Whole milliseconds, as libzmq's options take them.
  var milliseconds: Int32 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    return overflow ? .max : Int32(clamping: product + attoseconds / 1_000_000_000_000_000)
  }
}
