import Foundation
import Glibc

/// A connection to a service on which a test sends what it likes, in pieces.
final class RawConnection: Sendable {
  private let file: Int32

  /// Connects to the address of an HTTP API.
  ///
  /// - Parameters:
  ///   - source: the address that it comes from.
  ///   - window: how many bytes that were sent to it may wait to be received.
  convenience init(to http: HTTPClient, from source: String? = nil, window: Int32? = nil) throws {
    let port = UInt16(http.base.split(separator: ":").last ?? "") ?? 0
    try self.init(
      AF_INET, Self.address("127.0.0.1", port: port), to: http.base,
      from: source.map { Self.address($0, port: 0) }, window: window)
  }

  private static func address(_ host: String, port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr(host)
    return address
  }

  /// Connects to a Unix socket.
  convenience init(toSocket path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    try self.init(AF_UNIX, address, to: path, from: nil, window: nil)
  }

  private init<Address>(
    _ family: Int32, _ address: Address, to name: String, from source: Address?, window: Int32?
  ) throws {
    file = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if var window {
      setsockopt(file, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size))
    }
    func call(
      _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ address: Address
    ) -> Int32 {
      withUnsafePointer(to: address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          function(file, $0, socklen_t(MemoryLayout<Address>.size))
        }
      }
    }
    let status = source.map { call(bind, $0) } ?? 0
    guard status == 0, call(connect, address) == 0 else {
      throw SystemFailure("no connection to \(name)", errno)
    }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
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
    send(Array(text.utf8))
  }

  /// - Returns: how many bytes were taken; negative when the connection has ended.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Int {
    Glibc.send(file, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// The next byte; nil when the connection has ended, or nothing came for 20 seconds.
  func receiveByte() async -> UInt8? {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        var byte: UInt8 = 0
        continuation.resume(returning: recv(file, &byte, 1, 0) == 1 ? byte : nil)
      }
    }
  }

  /// Everything up to the end of the connection.
  ///
  /// - Throws: a failure when the connection does not end within 20 seconds.
  func receiveAll() async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { [self] in
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], Array(repeating: 0, count: 65_536))
        while true {
          let count = recv(file, &buffer, buffer.count, 0)
          if count > 0 {
            bytes += buffer.prefix(count)
            continue
          }
          // A reset is an end too.
          let isOpen = count < 0 && errno != ECONNRESET
          return continuation.resume(
            with: isOpen
              ? .failure(SystemFailure("the connection stays open", errno))
              : .success(String(decoding: bytes, as: UTF8.self)))
        }
      }
    }
  }

  /// The next bytes, a limited number of them, until the condition holds for the last 4,096; or the
  /// bytes until the connection ended or nothing came for 20 seconds.
  func receive(
    atMost limit: Int, until hasEnough: @escaping @Sendable (ArraySlice<UInt8>) -> Bool
  ) async -> [UInt8] {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while bytes.count < limit, !hasEnough(bytes.suffix(4096)) {
          let count = recv(file, &buffer, min(buffer.count, limit - bytes.count), 0)
          guard count > 0 else { break }
          bytes += buffer.prefix(count)
        }
        continuation.resume(returning: bytes)
      }
    }
  }

  /// One answer of HTTP with its `Content-Length`; or what came until the connection ended or nothing
  /// came for 20 seconds.
  func receiveAnswer() async -> (head: String, body: [UInt8]) {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var head: (text: String, end: Int)?
        var length = Int.max
        while bytes.count - (head?.end ?? 0) < length {
          let count = recv(file, &buffer, buffer.count, 0)
          guard count > 0 else { break }
          bytes += buffer.prefix(count)
          guard head == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            continue
          }
          let text = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
          head = (text, end.upperBound)
          let field = text.lowercased().split(separator: "\r\n")
            .first { $0.hasPrefix("content-length:") }
          length = field.flatMap { Int($0.filter(\.isNumber)) } ?? .max
        }
        continuation.resume(returning: (head?.text ?? "", Array(bytes[(head?.end ?? 0)...])))
      }
    }
  }

  /// The next bytes, up to and with an end; or the bytes until the connection ended or nothing came
  /// for 20 seconds.
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
