import Foundation
import Glibc

/// A peer that writes ZMTP 3.0 by hand over a Unix socket, and so may write it wrongly.
final class WirePeer: Sendable {
  private let file: Int32

  init(_ path: String) throws {
    file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else { throw SystemFailure("no connection to \(path)", errno) }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(file, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  deinit {
    close(file)
  }

  /// Sends bytes; the other side may have hung up already.
  func send(_ bytes: [UInt8]) { _ = send(all: bytes) }

  /// Sends bytes; whether the other side has taken them all.
  func send(all bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Sends a greeting, reads the other side's greeting, and sends the kind of its socket: `SUB`,
  /// `DEALER`.
  ///
  /// - Parameter identity: the routing id that it claims; none by default.
  func greet(as kind: String, identity: [UInt8] = []) async {
    let signature: [UInt8] = [0xff] + Array(repeating: 0, count: 8) + [0x7f, 3, 0]
    let mechanism = Array("NULL".utf8) + Array(repeating: 0, count: 16)
    send(signature + mechanism + Array(repeating: 0, count: 32))
    _ = await hear("NULL")
    let ready = [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8)
    let claim = [8] + Array("Identity".utf8) + [0, 0, 0, UInt8(identity.count)] + identity
    let body =
      ready + [0, 0, 0, UInt8(kind.utf8.count)] + Array(kind.utf8) + (identity.isEmpty ? [] : claim)
    send([4, UInt8(body.count)] + body)
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        // The rest of the greeting, and what the other side is.
        _ = receive(48)
        _ = receiveFrame()
        continuation.resume()
      }
    }
  }

  /// Sends one frame.
  func frame(_ bytes: [UInt8], more: Bool = false) {
    let size = withUnsafeBytes(of: UInt64(bytes.count).bigEndian, Array.init)
    send([more ? 3 : 2] + size + bytes)
  }

  /// Asks a log the same, as a DEALER that has greeted, so many times, and reads no answer.
  ///
  /// It comes back when the other side has taken it all.
  func ask(_ verb: String, _ json: String, times: Int) async {
    let frames = [1, UInt8(verb.utf8.count)] + Array(verb.utf8) + [0, UInt8(json.utf8.count)]
    let request = frames + Array(json.utf8)
    let requests = Array(repeatElement(request, count: times).joined())
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        send(requests)
        continuation.resume()
      }
    }
  }

  /// Subscribes to a prefix, as a SUB that has greeted, so many times.
  ///
  /// It comes back when the other side has taken it all.
  func subscribe(_ prefix: String, times: Int = 1) async {
    let frame = [0, UInt8(1 + prefix.utf8.count), 1] + Array(prefix.utf8)
    let frames = Array(repeatElement(frame, count: times).joined())
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        send(frames)
        continuation.resume()
      }
    }
  }

  /// The messages that come, up to one that matches, or until the other side is silent.
  func messages(upTo isLast: @escaping @Sendable (WireMessage) -> Bool) async -> [WireMessage] {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        var messages: [WireMessage] = []
        var frames: [Data] = []
        while let (frame, hasMore) = receiveFrame() {
          frames.append(frame)
          guard !hasMore else { continue }
          if let message = try? WireMessage(frames) { messages.append(message) }
          frames = []
          if messages.last.map(isLast) == true { break }
        }
        continuation.resume(returning: messages)
      }
    }
  }

  private func receiveFrame() -> (Data, hasMore: Bool)? {
    guard let flags = receive(1)?[0],
      let size = receive(flags & 2 == 0 ? 1 : 8)?.reduce(0, { $0 << 8 | Int($1) }),
      let body = receive(size)
    else { return nil }
    return (Data(body), flags & 1 == 1)
  }

  private func receive(_ count: Int) -> [UInt8]? {
    guard count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    return recv(file, &bytes, count, Int32(MSG_WAITALL)) == count ? bytes : nil
  }

  /// All that comes up to these bytes; nil when the other side hangs up, or is silent, before.
  func hear(_ end: String) async -> Data? {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        var heard = Data()
        var byte = UInt8(0)
        while heard.suffix(end.utf8.count) != Data(end.utf8) {
          guard recv(file, &byte, 1, 0) == 1 else { return continuation.resume(returning: nil) }
          heard.append(byte)
        }
        continuation.resume(returning: heard)
      }
    }
  }
}
