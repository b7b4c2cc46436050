import Dispatch
import Events
import Foundation
import Glibc
import HTTPTypes
import ServiceLifecycle

@testable import Daemon

/// The bytes that came back over a socket.
struct RawAnswer {
  let status: Int
  let headers: [String: String]
  let body: String

  init(_ bytes: Data) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { throw RawError(text: text) }
    let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    status = lines.first.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
    headers = Dictionary(
      lines.dropFirst().compactMap { line in
        line.firstIndex(of: ":").map {
          (
            line[..<$0].lowercased(),
            line[line.index(after: $0)...].trimmingCharacters(in: .whitespaces)
          )
        }
      }
    ) { $1 }
    body = String(text[end.upperBound...])
  }

  var document: JSONValue {
    get throws { try JSONDecoder().decode(JSONValue.self, from: Data(body.utf8)) }
  }
}

struct RawError: Error {
  let text: String
}

/// Sends bytes to a port of this machine, and reads until the other side closes.
///
/// It blocks, and so runs on a thread of its own.
func exchange(_ port: Int, _ request: String) async throws -> RawAnswer {
  try await withCheckedThrowingContinuation { continuation in
    Thread {
      continuation.resume(
        with: Result {
          let file = try connect(to: port)
          defer { close(file) }
          writeAll(Array(request.utf8), to: file)
          return try RawAnswer(readToEnd(file))
        })
    }.start()
  }
}

/// Sends bytes to a Unix socket, and reads until the other side closes.
func exchange(socket path: String, _ request: String) async throws -> RawAnswer {
  try await withCheckedThrowingContinuation { continuation in
    Thread {
      continuation.resume(
        with: Result {
          let file = try connect(toSocket: path)
          defer { close(file) }
          writeAll(Array(request.utf8), to: file)
          return try RawAnswer(readToEnd(file))
        })
    }.start()
  }
}

/// A request of HTTP/1.1 after which the connection is closed.
func request(
  _ method: String, _ target: String, _ headers: [String] = [], body: String? = nil
) -> String {
  var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
  if let body { lines.append("Content-Length: \(body.utf8.count)") }
  return (lines + ["", ""]).joined(separator: "\r\n") + (body ?? "")
}

func connect(to port: Int, window: Int32? = nil) throws -> Int32 {
  let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  if var window {
    setsockopt(file, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size))
  }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  let status = withUnsafePointer(to: &address) { address in
    address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      Glibc.connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard status == 0 else { throw RawError(text: "cannot connect: \(systemError())") }
  return file
}

private func connect(toSocket path: String) throws -> Int32 {
  guard let (address, length) = socketAddress(path) else { throw RawError(text: path) }
  let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  let status = withUnsafePointer(to: address) { address in
    address.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(file, $0, length) }
  }
  guard status == 0 else { throw RawError(text: "cannot connect: \(systemError())") }
  return file
}

private func readToEnd(_ file: Int32) -> Data {
  var data = Data()
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(file, &buffer, buffer.count)
    guard count > 0 else { return data }
    data.append(contentsOf: buffer.prefix(count))
  }
}

/// Serves a desk over HTTP on a free port while the closure runs, and shuts it down gracefully.
func withServer(
  _ desk: Desk, extra routes: [Route] = [], operatorSocket: String? = nil,
  _ body: @escaping @Sendable (Int, ServiceGroup) async throws -> Void
) async throws {
  let (ports, port) = AsyncStream.makeStream(of: Int.self)
  var assembly = desk.assembly
  assembly.metrics = desk.shell.serviceMetrics
  let server = HTTPServer(
    configuration: desk.shell.current,
    responder: Responder(
      routes: commonRoutes(assembly, operatorSocket: operatorSocket) + assembly.routes + routes,
      journal: assembly.journal,
      pages: assembly.pages, runtime: desk.shell.runtime, logger: desk.shell.logger,
      metrics: assembly.metrics,
      streams: StreamPlaces(limit: desk.shell.configuration[HTTPKeys.streams]) {
        desk.shell.serviceMetrics?.observe(openStreams: $0)
      }),
    logger: desk.shell.logger, onListening: { port.yield($0) })
  let group = ServiceGroup(services: [server], logger: desk.shell.logger)
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try await group.run() }
    tasks.addTask {
      for await port in ports {
        try await body(port, group)
        break
      }
      await group.triggerGracefulShutdown()
    }
    do {
      try await tasks.waitForAll()
    } catch {
      await group.triggerGracefulShutdown()
      throw error
    }
  }
}
