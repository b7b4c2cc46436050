import NIOCore

/// Accepts nothing for a second after a connection could not be accepted: no file can be opened for
/// it, for example.
///
/// NIO's own handler delays the next read, and not the one that has failed: the event loop would try
/// that again at once, without a pause, for as long as a connection waits to be accepted.
final class AcceptPause: ChannelInboundHandler, Sendable {
  typealias InboundIn = Channel

  /// The time without accepting.
  private static let pause = TimeAmount.seconds(1)

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is IOError {
      let channel = context.channel
      // The channel may be closed by then, which is as well.
      _ = channel.setOption(.autoRead, value: false)
      context.eventLoop.scheduleTask(in: Self.pause) {
        _ = channel.setOption(.autoRead, value: true)
      }
    }
    context.fireErrorCaught(error)
  }
}
