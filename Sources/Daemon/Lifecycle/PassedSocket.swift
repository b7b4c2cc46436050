import Glibc
import NIOCore

/// A listening socket that the supervisor has passed to this process, by systemd's protocol of
/// `sd_listen_fds`.
///
/// The supervisor keeps the socket while the daemon restarts: connections wait in it, and none is
/// refused. It is closed here at the end of the process only.
struct PassedSocket: Sendable {
  /// Its name: `FileDescriptorName=` of the socket unit.
  static let name = "http"
  /// The number of the first descriptor that is passed.
  static let firstFile: Int32 = 3

  private static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]

  private let file: Int32

  /// - Parameter file: a listening TCP socket, which is inherited by no child from now on.
  /// - Throws: ``StartError`` for any other descriptor.
  init(_ file: Int32) throws {
    guard option(SO_ACCEPTCONN, of: file) == 1,
      option(SO_TYPE, of: file) == socketType(SOCK_STREAM),
      let family = option(SO_DOMAIN, of: file), [AF_INET, AF_INET6].contains(family)
    else {
      throw StartError(
        """
        descriptor \(file), which systemd has passed, is not a listening TCP socket. Use \
        ListenStream= with a port, and Accept=no, in the socket unit.
        """)
    }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    self.file = file
  }

  /// The socket that is passed by an environment; nil without one.
  ///
  /// - Throws: ``StartError`` for several descriptors, another name, or no listening TCP socket.
  static func passed(by environment: [String: String]) throws -> PassedSocket? {
    guard environment["LISTEN_PID"].flatMap({ pid_t($0) }) == getpid(),
      let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), count > 0
    else { return nil }
    guard count == 1 else {
      throw StartError(
        """
        systemd has passed \(count) descriptors, and a service takes one. Leave a single \
        ListenStream= in the socket unit, and one socket unit for the service.
        """)
    }
    let name = environment["LISTEN_FDNAMES"] ?? Self.name
    guard name == Self.name else {
      throw StartError(
        """
        systemd has passed a socket with the name \(name.quoted), and the service takes \
        “\(Self.name)”. Set FileDescriptorName=\(Self.name) in the socket unit.
        """)
    }
    return try PassedSocket(firstFile)
  }

  /// Takes the variables of the protocol out of the environment, so that no child takes them for its
  /// own.
  static func removeVariables() {
    for variable in variables { unsetenv(variable) }
  }

  /// Another descriptor of the same socket, for a listener to close.
  func duplicate() throws -> Int32 {
    let copy = fcntl(file, F_DUPFD_CLOEXEC, Self.firstFile)
    guard copy >= 0 else { throw IOError(errnoCode: errno, reason: "a socket is duplicated") }
    return copy
  }
}

/// The value of a socket's option; nil for a descriptor that is no socket.
private func option(_ name: Int32, of file: Int32) -> Int32? {
  var value: Int32 = 0
  var size = socklen_t(MemoryLayout<Int32>.size)
  return getsockopt(file, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
}

private func socketType(_ type: __socket_type) -> Int32 { Int32(type.rawValue) }
