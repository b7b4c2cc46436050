import Foundation
import Glibc
import Synchronization

/// A Unix socket that passes bytes to a server's, until the answers are to be lost.
final class Relay: Sendable {
  /// The folder of the socket, as an address of PostgreSQL names it.
  let folder: String
  private let server: String
  private let listener: Int32
  /// Whether the next bytes of the server are dropped, and the connection is ended in their place.
  private let losesAnswers = Mutex(false)
  /// The connections of the clients.
  private let clients = Mutex<[Client]>([])
  /// Whether new connections are accepted, and never answered.
  private let isSilent = Mutex(false)

  /// - Parameters:
  ///   - folder: where the relay listens.
  ///   - server: the folder of the server's socket.
  init(in folder: String, to server: String) throws {
    self.folder = folder
    self.server = server
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let isListening = withAddress(of: folder) { bind(listener, $0, $1) } == 0
    guard isListening, listen(listener, 16) == 0 else { throw CocoaError(.fileWriteUnknown) }
    Thread.detachNewThread { [self] in acceptAll() }
  }

  /// Ends the listener, which the thread that accepts closes; open connections go on.
  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
  }

  /// Drops the next answer of the server, once, and ends its connection.
  func loseNextAnswer() {
    losesAnswers.withLock { $0 = true }
  }

  /// Accepts new connections, and never answers them.
  func fallSilent() {
    isSilent.withLock { $0 = true }
  }

  /// Ends the connections of the clients, of which the server learns nothing: as where a network fails.
  func dropClients() {
    for client in clients.withLock(\.self) { client.drop() }
  }

  /// A client's connection.
  private final class Client: Sendable {
    let socket: Int32
    private let isDropped = Mutex(false)

    init(_ socket: Int32) {
      self.socket = socket
    }

    func drop() {
      isDropped.withLock { $0 = true }
      shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Ends the connection on both sides, or on the client's alone where it was dropped.
    func end(_ upstream: Int32) {
      shutdown(socket, Int32(SHUT_RDWR))
      if !isDropped.withLock(\.self) { shutdown(upstream, Int32(SHUT_RDWR)) }
    }
  }

  private func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else {
        Glibc.close(listener)
        return
      }
      if isSilent.withLock(\.self) { continue }
      let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      guard withAddress(of: server, { connect(upstream, $0, $1) }) == 0 else {
        Glibc.close(client)
        Glibc.close(upstream)
        continue
      }
      let end = Client(client)
      clients.withLock { $0.append(end) }
      Thread.detachNewThread { [self] in
        pass(from: client, to: upstream) { false }
        end.end(upstream)
      }
      Thread.detachNewThread { [self] in
        defer { end.end(upstream) }
        pass(from: upstream, to: client) {
          losesAnswers.withLock { loses in
            defer { loses = false }
            return loses
          }
        }
      }
    }
  }

  private func pass(from source: Int32, to target: Int32, isLost: () -> Bool) {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(source, &bytes, bytes.count)
      guard count > 0, !isLost() else { break }
      var sent = 0
      while sent < count {
        let part = send(target, Array(bytes[sent..<count]), count - sent, Int32(MSG_NOSIGNAL))
        guard part > 0 else { break }
        sent += part
      }
    }
  }
}

/// Calls a closure with the address of a server's socket in a folder.
private func withAddress(
  of folder: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { bytes in
    bytes.copyBytes(from: Array("\(folder)/.s.PGSQL.5432".utf8).prefix(bytes.count - 1))
  }
  return withUnsafePointer(to: address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
}
