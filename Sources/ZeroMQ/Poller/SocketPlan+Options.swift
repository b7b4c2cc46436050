import CZeroMQ

extension SocketPlan.Kind {
  var type: Int32 {
    switch self {
    case .publisher: ZMQ_XPUB
    case .subscriber: ZMQ_SUB
    case .router: ZMQ_ROUTER
    case .dealer: ZMQ_DEALER
    }
  }

  var binds: Bool {
    switch self {
    case .publisher, .router: true
    case .subscriber, .dealer: false
    }
  }
}

extension SocketHandle {
  /// Sets the options, which affect only a later bind or connect, then subscribes, and binds or
  /// connects.
  ///
  /// Returns the bound endpoints.
  borrowing func prepare(by plan: SocketPlan) throws(ZeroMQError) -> [String] {
    try apply(plan.settings)
    try apply(plan.kind)
    for prefix in plan.prefixes { try set(ZMQ_SUBSCRIBE, to: prefix) }
    var bound: [String] = []
    for endpoint in plan.endpoints {
      // For each endpoint: with it libzmq prefers a name's IPv6 address, where a publisher may not
      // be bound, and without it an IPv6 address is "no such device".
      try set(ZMQ_IPV6, to: Int32(Endpoint.isIPv6(endpoint) ? 1 : 0))
      if plan.kind.binds { bound.append(try bind(endpoint)) } else { try connect(endpoint) }
    }
    return bound
  }

  private borrowing func apply(_ kind: SocketPlan.Kind) throws(ZeroMQError) {
    switch kind {
    // Without it a second equal subscription, and a reconnect, go unseen. Never NODROP: one stuck
    // subscriber would stop all.
    case .publisher: try set(ZMQ_XPUB_VERBOSE, to: Int32(1))
    // Otherwise requests would queue for a peer that is away, and arrive after their time-out.
    case .dealer: try set(ZMQ_IMMEDIATE, to: Int32(1))
    // Otherwise closing waits for a publisher that is away, to subscribe at it.
    case .subscriber:
      try set(ZMQ_LINGER, to: Int32(0))
      // It sends subscriptions, which are small, and libzmq drops them silently past the mark.
      try set(ZMQ_SNDHWM, to: Int32(65_536))
    // Never MANDATORY: a reply to a peer that has gone is dropped, and has no other use.
    case .router: break
    }
  }

  private borrowing func apply(_ settings: SocketSettings) throws(ZeroMQError) {
    try set(ZMQ_SNDHWM, to: settings.sendHighWater)
    try set(ZMQ_RCVHWM, to: settings.receiveHighWater)
    // Of a frame, not of a message.
    try set(ZMQ_MAXMSGSIZE, to: Int64(max(1, settings.maxFrameBytes)))
    try set(ZMQ_LINGER, to: max(0, settings.linger.milliseconds))
    try set(ZMQ_RECONNECT_IVL, to: max(1, settings.reconnectInterval.milliseconds))
    try set(ZMQ_RECONNECT_IVL_MAX, to: max(0, settings.reconnectIntervalLimit.milliseconds))
    try apply(keepalive: settings.keepalive)
  }

  private borrowing func apply(keepalive: Duration) throws(ZeroMQError) {
    guard keepalive > .zero else { return }
    let seconds = max(1, keepalive.milliseconds / 1_000)
    try set(ZMQ_TCP_KEEPALIVE, to: Int32(1))
    try set(ZMQ_TCP_KEEPALIVE_IDLE, to: seconds)
    try set(ZMQ_TCP_KEEPALIVE_INTVL, to: max(1, seconds / 3))
    try set(ZMQ_TCP_KEEPALIVE_CNT, to: Int32(3))
  }
}
