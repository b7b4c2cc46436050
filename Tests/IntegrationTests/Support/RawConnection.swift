import Foundation
import Glibc

/// A connection to a service on which a test sends what it likes, in pieces.
final class RawConnection: Sendable {
  private let file: Int32

  /// Connects to the address of an HTTP API.
  ///
  /// - Parameter window: how many bytes that were sent to it may wait to be received.
  init(to http: HTTPClient, window: Int32? = nil) throws {
    file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if var window {
      setsockopt(file, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(http.base.split(separator: ":").last ?? "")?.bigEndian ?? 0
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw SystemFailure("no connection to \(http.base)", errno) }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(file)
  }

  /// Whether something has come that was not received yet.
  var hasMore: Bool {
    var interest = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    return poll(&interest, 1, 0) > 0
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.send(file, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// What comes next, up to and with an end; or what came before the connection ended or nothing
  /// came for 20 seconds.
  func receive(upTo end: String) async -> String {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        var (bytes, byte): ([UInt8], UInt8) = ([], 0)
        while !String(decoding: bytes, as: UTF8.self).hasSuffix(end), recv(file, &byte, 1, 0) == 1 {
          bytes.append(byte)
        }
        continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
      }
    }
  }
}
