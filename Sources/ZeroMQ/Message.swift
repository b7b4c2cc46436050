public import FoundationEssentials

/// One multipart message: the frames that arrive together or not at all.
///
/// A router's messages begin with the routing identity of the sender or the receiver. A message has
/// at least one frame; ``Publisher/send(_:)`` and the other sending functions skip a message
/// without one.
public struct Message: Sendable, Equatable {
  /// The frames, in order.
  ///
  /// A frame may be empty.
  public let frames: Frames

  /// The process that sent it, for a message that a ``Router`` received over ipc.
  ///
  /// Nil over tcp and inproc, for a peer with a protocol older than ZMTP 3.0, and for a message of
  /// another socket. It is no part of the message: sends ignore it, and equal messages of two peers
  /// are equal.
  public let peer: Peer?

  /// Makes a message of these frames.
  public init(_ frames: [Data]) {
    self.init(frames, from: nil)
  }

  /// The same frames, received from this peer: for tests of decisions about peers.
  public init(_ frames: [Data], from peer: Peer?) {
    self.init(Frames(frames), from: peer)
  }

  init(_ frames: Frames, from peer: Peer?) {
    self.frames = frames
    self.peer = peer
  }

  /// Whether the frames are equal, regardless of the senders.
  public static func == (first: Message, second: Message) -> Bool {
    first.frames == second.frames
  }
}
