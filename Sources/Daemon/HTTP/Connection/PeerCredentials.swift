import Glibc
import NIOCore
import NIOPosix

/// The user at the other end of a Unix socket, as the kernel knew it when it connected
/// (`SO_PEERCRED`, `SO_PEERGROUPS`).
struct PeerCredentials: Hashable, Sendable {
  let user: uid_t
  /// All of its groups.
  let groups: Set<gid_t>
}

extension PeerCredentials {
  /// The layout of the kernel's `struct ucred`.
  private struct Credentials {
    var process: pid_t = 0
    var user: uid_t = 0
    var group: gid_t = 0
  }

  /// `SO_PEERGROUPS`, which the C library does not declare everywhere.
  private static let peerGroups: Int32 = 59

  /// The user at the other end of a connected Unix socket; nil where the kernel does not know it.
  init?(_ file: Int32) {
    var credentials = Credentials()
    var size = socklen_t(MemoryLayout<Credentials>.size)
    guard getsockopt(file, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
    user = credentials.user
    groups = Set([credentials.group] + Self.furtherGroups(file))
  }

  private static func furtherGroups(_ file: Int32) -> [gid_t] {
    var size: socklen_t = 0
    // Without room it gives the size alone.
    _ = getsockopt(file, SOL_SOCKET, peerGroups, nil, &size)
    var groups = [gid_t](repeating: 0, count: Int(size) / MemoryLayout<gid_t>.size)
    guard !groups.isEmpty,
      getsockopt(file, SOL_SOCKET, peerGroups, &groups, &size) == 0
    else { return [] }
    return groups
  }
}

extension Peers {
  /// The two ends of a channel's connection.
  init(_ channel: any Channel) {
    client = channel.remoteAddress?.ipAddress
    address = channel.localAddress?.ipAddress
    port = channel.localAddress?.port
    guard case .unixDomainSocket? = channel.localAddress else { return }
    let found = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable {
      (file: NIOBSDSocket.Handle) in PeerCredentials(file)
    }
    credentials = found ?? nil
  }
}
