/// How a service's own stream is served to its peers.
public struct ServingStatus: Hashable, Sendable {
  /// How many requests were answered with an error since the start.
  package var refused: UInt64 = 0
  /// How many requests were dropped since the start, because too many waited.
  package var dropped: UInt64 = 0
  /// Where the log is found to be damaged, and the command for it; nil while it is not.
  package var damage: String?

  /// Nothing yet.
  package init() {}
}

/// A part of a service that serves its stream; an `Assembly` finds it among its services.
public protocol StreamServer: Sendable {
  /// How the stream is served, now.
  var serving: ServingStatus { get }
}
