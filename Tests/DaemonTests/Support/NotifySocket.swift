import Foundation
import Glibc
import Testing

@testable import Daemon

/// A datagram socket as systemd would have it.
final class NotifySocket: Sendable {
  let file: Int32

  init(_ path: String) throws {
    file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    let (address, length) = try #require(socketAddress(path))
    let status = withUnsafePointer(to: address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, length) }
    }
    #expect(status == 0, "\(systemError())")
  }

  deinit {
    close(file)
  }

  /// The next datagram, once it comes; empty where none does in the time.
  func next(within limit: Duration) async -> String {
    await withCheckedContinuation { asker in
      // A thread that may block.
      Thread.detachNewThread { [self] in
        var interest = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        poll(&interest, 1, Int32(limit / .milliseconds(1)))
        asker.resume(returning: next())
      }
    }
  }

  /// The next datagram that has been sent; empty without one.
  func next() -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = recv(file, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}
