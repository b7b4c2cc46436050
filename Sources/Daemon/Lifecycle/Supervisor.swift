import FoundationEssentials
import Glibc

/// The supervisor of the daemon, if it asks for notifications: systemd's notification
/// protocol, one datagram to the socket in `NOTIFY_SOCKET`.
struct Supervisor: Sendable {
  private let path: String?
  /// The time within which it expects a sign of life, or restarts the daemon; nil where it expects
  /// none of this process.
  let patience: Duration?

  /// - Parameter environment: the process's environment.
  init(_ environment: [String: String]) {
    path = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    let isForUs = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    let microseconds = environment["WATCHDOG_USEC"].flatMap { UInt32($0) } ?? 0
    patience = isForUs && microseconds > 0 ? .microseconds(Int64(microseconds)) : nil
  }

  /// Sends a state with the daemon's status.
  ///
  /// - Parameters:
  ///   - state: for example `READY=1`; nil for the status alone.
  ///   - status: a sentence; a line break in it would begin another variable.
  func notify(_ state: String? = nil, status: String) {
    let line = String(status.map { $0.isNewline ? " " : $0 })
    notify([state, "STATUS=\(line)"].compactMap(\.self).joined(separator: "\n"))
  }

  /// Sends a state, for example `READY=1`.
  ///
  /// A missing listener is no error.
  func notify(_ state: String) {
    guard let path, let (address, length) = socketAddress(path) else { return }
    let file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { return }
    defer { close(file) }
    let bytes = Array(state.utf8)
    withUnsafePointer(to: address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = sendto(file, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length)
      }
    }
  }
}

/// The address of a Unix socket; a path that begins with `@` is in the abstract namespace.
///
/// Nil for one that is too long.
func socketAddress(_ path: String) -> (sockaddr_un, socklen_t)? {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  var bytes = Array(path.utf8)
  let isAbstract = bytes.first == UInt8(ascii: "@")
  if isAbstract { bytes[0] = 0 }
  guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  let head = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
  return (address, socklen_t(head + bytes.count + (isAbstract ? 0 : 1)))
}
