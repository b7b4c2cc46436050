import Foundation
import Glibc

/// A connection to a port of this machine that a test reads piece by piece.
final class OpenConnection: Sendable {
  private let file: Int32

  /// - Parameter window: how many bytes that were sent to it may wait to be received.
  init(to port: Int, window: Int32? = nil) throws {
    file = try connect(to: port, window: window)
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(file)
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.send(file, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// The next bytes, up to and with an end; all bytes until the connection ends where it is nil.
  ///
  /// - Throws: the bytes that came, where there is no such end within 20 seconds.
  func receive(upTo end: String? = nil) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread { [self] in continuation.resume(with: Result { try read(upTo: end) }) }.start()
    }
  }

  /// Reads so many bytes, or those until the connection ends.
  ///
  /// - Returns: the number of bytes.
  func receive(count limit: Int) async throws -> Int {
    await withCheckedContinuation { continuation in
      Thread { [self] in
        var count = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while count < limit {
          let part = recv(file, &buffer, min(buffer.count, limit - count), 0)
          guard part > 0 else { break }
          count += part
        }
        continuation.resume(returning: count)
      }.start()
    }
  }

  private func read(upTo end: String?) throws -> String {
    let end = end.map { Array($0.utf8) }
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      if let end, bytes.suffix(end.count) == end[...] { break }
      let count = recv(file, &byte, 1, 0)
      if count == 1 {
        bytes.append(byte)
      } else if end == nil, count == 0 || errno == ECONNRESET {
        break
      } else {
        throw RawError(text: String(decoding: bytes, as: UTF8.self))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
