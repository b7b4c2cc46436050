import CProcess
import Glibc

/// The file of an `ipc://` endpoint: its identity, its owner, and the process that listens there.
///
/// A bind takes a path over from the process that has bound it, and libzmq reports it to neither.
public struct SocketFile: Sendable, Hashable {
  /// The device that the file is on.
  public let device: UInt64
  /// The file's number there: another socket at the same path has another.
  public let inode: UInt64
  /// The user that made it.
  public let owner: UInt32

  /// The socket at a path now; a symbolic link is not followed.
  ///
  /// - Throws: ``ZeroMQError/Code/noSuchFile``, ``ZeroMQError/Code/permission``, or another code
  ///   where there is no socket.
  public init(at path: String) throws(ZeroMQError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw .last("find the socket", endpoint: "ipc://\(path)")
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ZeroMQError(
        .other, operation: "find the socket", endpoint: "ipc://\(path)",
        reason: "there is another file, and no socket")
    }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    owner = status.st_uid
  }

  /// The path of an endpoint; nil for another transport, and for a name that is no file.
  public static func path(of endpoint: String) -> String? {
    guard endpoint.hasPrefix("ipc://"), !endpoint.hasPrefix("ipc://@") else { return nil }
    return String(endpoint.dropFirst("ipc://".count))
  }

  /// The process that listens at a path, by a connection that is closed at once.
  ///
  /// - Throws: ``ZeroMQError`` when it cannot be connected to, with the cause. It never waits.
  public static func listener(at path: String) throws(ZeroMQError) -> Peer {
    let endpoint = "ipc://\(path)"
    try Endpoint.check(endpoint, for: "connect to")
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let file = socket(AF_UNIX, kind, 0)
    guard file >= 0 else { throw .last("open a socket") }
    defer { close(file) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else { throw .last("connect to", endpoint: endpoint) }
    var peer = cprocess_peer()
    guard cprocess_get_peer(file, &peer) == 0 else {
      throw .last("ask for the peer", endpoint: endpoint)
    }
    return Peer(uid: peer.uid, gid: peer.gid, pid: peer.pid)
  }
}
