/// The state of serving a service's own stream to its peers.
public struct ServingStatus: Hashable, Sendable {
  /// The number of requests that were answered with an error since the start.
  package var refused: UInt64 = 0
  /// The number of requests that were dropped since the start, because too many waited.
  package var dropped: UInt64 = 0
  /// The place of a damage in the log, and the command for it; nil without a damage.
  package var damage: String?

  /// Nothing yet.
  package init() {}
}

/// A part of a service that serves its stream; an `Assembly` finds it among its services.
public protocol StreamServer: Sendable {
  /// The present state of serving the stream.
  var serving: ServingStatus { get }
  /// Returns when the part that serves it has come to this call: it has not stopped.
  func answer() async
}
