import Events
package import ZeroMQ

// The limits of the four kinds of socket, in bytes, by what the protocol sends on each.

extension SocketSettings {
  /// An event: topic (at most 255 bytes), header and a body of 64 KiB.
  private static let eventBytes = Record.maxBodyBytes + Header.size + 1_024
  /// A request, and a subscription with its prefix.
  private static let requestBytes = 4 << 10
  /// A reply: 1 MiB of events, the event that goes past it, and the head.
  private static let replyBytes = (1 << 20) + (64 << 10) + eventBytes

  /// XPUB: sends events, receives subscriptions.
  ///
  /// A subscriber that does not read piles up 128 MiB at most, of what all subscribers share; then it
  /// misses events and fetches them. That is some 2,000 messages: a follower of the whole stream
  /// gets a beat for each of up to 1,024 prefixes within one second, and must not lose events by it.
  package static var events: SocketSettings {
    var settings = SocketSettings()
    settings.maxFrameBytes = requestBytes
    settings.sendMessageBytes = eventBytes
    settings.sendQueueBytes = 128 << 20
    settings.receiveMessageBytes = requestBytes
    settings.receiveQueueBytes = 4 << 20
    return settings
  }

  /// SUB: receives events.
  package static var subscriber: SocketSettings {
    var settings = SocketSettings()
    settings.maxFrameBytes = eventBytes
    settings.receiveMessageBytes = eventBytes
    settings.receiveQueueBytes = 64 << 20
    return settings
  }

  /// ROUTER: receives requests, sends replies.
  ///
  /// A follower has one fetch in flight: a peer with four unread replies loses the next ones, and
  /// asks again.
  package static var log: SocketSettings {
    var settings = SocketSettings()
    settings.maxFrameBytes = requestBytes
    settings.sendMessageBytes = replyBytes
    settings.sendQueueBytes = 4 * replyBytes
    settings.receiveMessageBytes = 2 * requestBytes
    settings.receiveQueueBytes = 1 << 20
    return settings
  }

  /// DEALER: sends requests, receives replies.
  package static var requests: SocketSettings {
    var settings = SocketSettings()
    settings.maxFrameBytes = replyBytes
    settings.sendMessageBytes = 2 * requestBytes
    settings.sendQueueBytes = 1 << 20
    settings.receiveMessageBytes = replyBytes
    settings.receiveQueueBytes = 16 << 20
    return settings
  }
}
