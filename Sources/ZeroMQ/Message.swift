public import FoundationEssentials

/// One multipart message: the frames that arrive together or not at all.
///
/// A router's messages begin with the routing identity of the peer that they came from, or go to.
/// A message has at least one frame; ``Publisher/send(_:)`` and its like pass over one without.
public struct Message: Sendable, Equatable {
  /// The frames, in order.
  ///
  /// A frame may be empty.
  public var frames: [Data]

  /// Makes a message of these frames.
  public init(_ frames: [Data]) {
    self.frames = frames
  }

  /// The bytes of all frames together, without the transport's framing.
  public var byteCount: Int {
    frames.reduce(0) { $0 + $1.count }
  }
}
