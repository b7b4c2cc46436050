import CProcess

/// The limits of a process whose sockets peers connect to.
///
/// libzmq limits neither connections nor the frames of a message that has not ended.
public struct ContextLimits: Sendable, Hashable {
  /// The number of bytes that the heap of the process may have in use while sockets are bound: 256
  /// MiB.
  ///
  /// It is measured ten times a second. Above it, the accepted connections with unread or unsent
  /// bytes are cut, a tenth of a second later all of them, and then all again each second until the
  /// heap is below the limit. Honest peers reconnect automatically.
  public var heapBytes = 256 << 20

  /// The number of ipc connections that one other process may have at the same time: 64.
  ///
  /// A further one is closed when it is accepted. Processes of another user, except root, have half
  /// of the process's descriptors at most, all together, and so has one address over tcp.
  /// Descriptors near the limit of the process (64, or a quarter of the limit where that is less)
  /// are never used for connections.
  public var connectionsPerProcess = 64

  /// The defaults, each with its reason at the property.
  public init() {}

  /// Applies the limits of the whole process: those of the last context.
  func apply() {
    cprocess_limit_connections(Int32(clamping: max(1, connectionsPerProcess)))
  }
}

/// Connections of libzmq that were refused or cut since the process started.
public struct ConnectionCounts: Sendable, Hashable {
  /// Refused because the process at the other end had its share.
  public let refusedForProcess: UInt64
  /// Refused because the user of that process had its share.
  public let refusedForUser: UInt64
  /// Refused because the address that they came from over tcp had its share.
  public let refusedForAddress: UInt64
  /// Refused because the process has no descriptors left but its reserve.
  public let refusedForReserve: UInt64
  /// Ended because the peer chose a routing id that libzmq gives away itself, or spoke ZMTP 2.
  public let refusedForName: UInt64
  /// Cut because the heap had grown past ``ContextLimits/heapBytes``.
  public let cut: UInt64
  /// The process that was refused last; nil where none was, or where it came over tcp.
  public let lastRefused: Peer?

  /// All that were refused.
  public var refused: UInt64 {
    refusedForProcess + refusedForUser + refusedForAddress + refusedForReserve + refusedForName
  }

  /// The counts of this process, now.
  public static var ofThisProcess: ConnectionCounts {
    let counts = cprocess_connections()
    return ConnectionCounts(
      refusedForProcess: counts.refused_for_process, refusedForUser: counts.refused_for_user,
      refusedForAddress: counts.refused_for_address,
      refusedForReserve: counts.refused_for_reserve, refusedForName: counts.refused_for_name,
      cut: counts.cut,
      lastRefused: counts.refused_pid == 0
        ? nil
        : Peer(uid: counts.refused_uid, gid: counts.refused_gid, pid: counts.refused_pid))
  }
}
