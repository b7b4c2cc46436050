import Foundation
import Glibc

/// Makes a port in a network namespace reachable at a port of the tests' own loopback.
///
/// A socket belongs to the namespace in which its thread made it; nothing of the network between
/// the namespaces is used.
final class Relay: Sendable {
  /// The port of the tests' own loopback.
  let port: UInt16
  private let listener: Int32

  init(to target: UInt16, in namespace: String) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard onLoopback(listener, 0, bind) == 0, listen(listener, 64) == 0 else {
      throw SystemFailure("a relay cannot listen", errno)
    }
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = getsockname(listener, $0, &size)
      }
    }
    self.listener = listener
    port = address.sin_port.bigEndian
    Thread.detachNewThread {
      while case let near = accept(listener, nil, nil), near >= 0 {
        Thread.detachNewThread { carry(near, to: target, in: namespace) }
      }
      close(listener)
    }
  }

  deinit {
    // The thread that accepts wakes, and closes it.
    shutdown(listener, Int32(SHUT_RDWR))
  }
}

/// Carries bytes between a connection and a port in a namespace, until either side ends.
private func carry(_ near: Int32, to port: UInt16, in namespace: String) {
  defer { close(near) }
  guard enter(namespace) else { return }
  let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  defer { close(far) }
  guard onLoopback(far, port, connect) == 0 else { return }
  var interests = [near, far].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while poll(&interests, 2, -1) > 0 {
    for (index, other) in [(0, far), (1, near)] where interests[index].revents != 0 {
      let count = recv(interests[index].fd, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      var sent = 0
      while sent < count {
        let part = buffer[sent..<count].withUnsafeBytes {
          send(other, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard part > 0 else { return }
        sent += part
      }
    }
  }
}

/// Moves this thread into a namespace, for the rest of its life.
private func enter(_ namespace: String) -> Bool {
  // Glibc declares it only with GNU's extensions.
  typealias Setns = @convention(c) (Int32, Int32) -> Int32
  guard let symbol = dlsym(nil, "setns") else { return false }
  let file = open("/var/run/netns/\(namespace)", O_RDONLY | O_CLOEXEC)
  defer { close(file) }
  return unsafeBitCast(symbol, to: Setns.self)(file, 0) == 0
}

private func onLoopback(
  _ file: Int32, _ port: UInt16,
  _ work: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  return withUnsafePointer(to: &address) { address in
    address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      work(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
