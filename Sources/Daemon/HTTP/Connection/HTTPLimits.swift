import NIOCore

/// The limits of one connection, in time and bytes.
///
/// ``HTTPConnection`` decides what happens at each. The page “Limits” of the documentation lists
/// them with their keys.
struct HTTPLimits: Sendable {
  /// From the first byte of a request to the end of its header.
  var header = TimeAmount.seconds(10)
  /// From the end of the header to the end of the body.
  var body = TimeAmount.seconds(30)
  /// The time in which no piece of a response may leave, because the client does not read.
  var write = TimeAmount.seconds(30)
  /// Between two requests.
  var idle = TimeAmount.seconds(60)
  /// The part of a refused body that is read before the connection is closed, and the time for it.
  var drain = 64 * 1024
  var drainTime = TimeAmount.seconds(1)
  /// The time, after the service has begun to stop, for the rest of a request, and for each piece of
  /// a response to leave.
  var stop = TimeAmount.seconds(1)
  /// The time, after the service has begun to stop, in which a connection without a request is read
  /// once more, and in which a client may close its end first.
  var parting = TimeAmount.milliseconds(50)
  /// The largest body, in bytes.
  var bodyBytes = 64 * 1024
  /// The largest header, in bytes: all names and values, and the target.
  var headerBytes = 80 * 1024
  /// The longest target of a request, in bytes.
  var targetBytes = 8 * 1024
  /// The part of a response that is written at once, for which the deadline of a write holds.
  var pieceBytes = 64 * 1024
}

extension HTTPLimits {
  /// The deadlines that a service's configuration sets.
  init(_ configuration: ServiceConfiguration) {
    header = TimeAmount(configuration[HTTPKeys.headerTimeout])
    body = TimeAmount(configuration[HTTPKeys.bodyTimeout])
    write = TimeAmount(configuration[HTTPKeys.writeTimeout])
    idle = TimeAmount(configuration[HTTPKeys.idleTimeout])
  }
}
