import Foundation
import Glibc
import Synchronization
import Testing

/// The reading end of a named pipe, which is read only when a test wants it: a pager that
/// stays on its first page.
final class StuckReader: Sendable {
  let path: String
  private let file: Int32
  private let heard = Mutex<[UInt8]>([])

  /// Makes the pipe, and opens it.
  init(in folder: String) throws {
    path = "\(folder)/output"
    guard mkfifo(path, 0o600) == 0 else { throw SystemFailure(path, errno) }
    // A reader that does not wait for a writer, and whose reads do not wait either.
    file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw SystemFailure(path, errno) }
  }

  deinit {
    close(file)
  }

  /// Everything that was read.
  var text: String { String(decoding: heard.withLock { $0 }, as: UTF8.self) }

  var lines: [String] { text.split(separator: "\n").map(String.init) }

  /// Reads until a text has come, and not on.
  func read(upTo text: String, within limit: Duration = .seconds(30)) async throws {
    try await read(within: limit) { $0.contains(text) }
  }

  /// Reads until all writers have gone.
  func readToEnd(within limit: Duration = .seconds(30)) async throws {
    try await read(within: limit) { _ in false }
  }

  private func read(within limit: Duration, until isEnough: @Sendable (String) -> Bool)
    async throws
  {
    let end = ContinuousClock.now + limit
    while !isEnough(text) {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = Glibc.read(file, &buffer, buffer.count)
      if count > 0 { heard.withLock { $0 += buffer.prefix(count) } }
      // The end comes too before the first writer is there.
      if count == 0, !text.isEmpty { return }
      guard count <= 0 else { continue }
      guard ContinuousClock.now < end else {
        throw SystemFailure("\(path) has only: \(text.suffix(2000))", ETIMEDOUT)
      }
      var interest = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
      poll(&interest, 1, 20)
      await Task.yield()
    }
  }
}

/// A socket on which a daemon reports its readiness, as it does under systemd: the barrier of tests
/// in which its log goes nowhere.
final class ReadySocket: Sendable {
  let path: String
  private let file: Int32
  private let starts = Chronicle<String>()
  /// Every state that the daemon has sent.
  let states = Chronicle<String>()

  init(in folder: String) throws {
    path = "\(folder)/notify"
    file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0 else { throw SystemFailure(path, errno) }
    Thread.detachNewThread { [file, starts, states] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(file, &buffer, buffer.count, 0)
        guard count > 0 else { break }
        let state = String(decoding: buffer.prefix(count), as: UTF8.self)
        states.append(state)
        if state.contains("READY=1") { starts.append(state) }
      }
      close(file)
    }
  }

  deinit {
    shutdown(file, Int32(SHUT_RD))
  }

  /// Waits until a daemon is ready, after so many others.
  func ready(after count: Int = 0) async throws {
    _ = try await starts.first(after: count, within: .seconds(30)) { _ in true }
  }
}

extension Deployment {
  /// The words that start a daemon outside of ``launch(_:_:environment:)``, its path first.
  func words(_ service: ServiceName, port: Int, format: String = "json") throws -> [String] {
    [
      try Programs.path(service.program), "--state", stateFolder(service), "--run", runFolder,
      "--\(service)-http-port", "\(port)", "--\(service)-log-format", format,
      "--\(service)-log-level", "debug",
    ]
  }
}

/// The first of so many ports that are free, one after the other.
func freePorts(_ count: Int) throws -> Int {
  func isFree(_ port: Int) -> Bool {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(file) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
  // Below the ports that the kernel gives away by itself.
  let start = 20_000 + Int(getpid()) % 500 * 20
  let first = stride(from: start, to: 32_000, by: count).first { base in
    (base..<(base + count)).allSatisfy(isFree)
  }
  return try #require(first)
}
