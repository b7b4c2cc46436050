import Foundation
import Glibc
import Synchronization
import Testing

@testable import CommandLineTool

@Suite("A command whose answer is lost", .timeLimit(.minutes(1)))
struct LostAnswerTests {
  @Test("It is sent again with the same key, and acts once")
  func again() async throws {
    let service = try TinyService(answers: ["", Self.answer(200, #"{"result":"done"}"#)])
    let answer = try await service.request.command("/api/dead-letters/1/retry")
    #expect(answer.status == 200)
    #expect(service.keys.count == 2)
    #expect(Set(service.keys).count == 1)
    #expect(service.keys[0].isEmpty == false)
  }

  @Test("A service that asks to wait is asked again with the same key")
  func later() async throws {
    let busy = Self.answer(503, "{}", field: "Retry-After: 0\r\n")
    let service = try TinyService(answers: [busy, busy, busy])
    #expect(try await service.request.command("/api/dead-letters/1/discard").status == 503)
    #expect(service.keys.count == 3)
    #expect(Set(service.keys).count == 1)
  }

  @Test("A refusal is not sent again, and two commands have two keys")
  func refused() async throws {
    let service = try TinyService(answers: [Self.answer(409, "{}"), Self.answer(404, "{}")])
    #expect(try await service.request.command("/a").status == 409)
    #expect(try await service.request.command("/a").status == 404)
    #expect(Set(service.keys).count == 2)
  }

  @Test("A service that stays away ends it with exit code 69")
  func away() async throws {
    let service = try TinyService(answers: ["", "", ""])
    let failure = await #expect(throws: Failure.self) { try await service.request.command("/a") }
    #expect(failure?.status == .unreachable)
    #expect(service.keys.count == 3)
  }

  private static func answer(_ status: Int, _ body: String, field: String = "") -> String {
    "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n\(field)"
      + "Connection: close\r\n\r\n\(body)"
  }
}

/// A listener that reads one request of each connection, and answers with the next text; an empty
/// one closes the connection without an answer.
private final class TinyService: Sendable {
  private let seen = Mutex<[String]>([])
  private let answers: [String]
  let request: OperatorRequest

  init(answers: [String]) throws {
    self.answers = answers
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(file, address, size) + listen(file, 8) + getsockname(file, address, &size)
      }
    }
    try #require(result == 0)
    let place = "http://127.0.0.1:\(in_port_t(bigEndian: address.sin_port))"
    request = OperatorRequest(
      ServiceClient(
        service: .alpha, address: try #require(ServiceAddress(place)), timeout: .seconds(60)))
    Thread.detachNewThread { [self] in
      for answer in self.answers { serve(file, answer) }
      close(file)
    }
  }

  /// The `Idempotency-Key` of each request, in order.
  var keys: [String] { seen.withLock(\.self) }

  private func serve(_ listener: Int32, _ answer: String) {
    let connection = accept(listener, nil, nil)
    defer { close(connection) }
    var text = ""
    var bytes = [UInt8](repeating: 0, count: 4096)
    while !text.contains("\r\n\r\n") {
      let count = read(connection, &bytes, bytes.count)
      guard count > 0 else { return }
      text += String(decoding: bytes[..<count], as: UTF8.self)
    }
    let line = text.split(separator: "\r\n").first { $0.hasPrefix("Idempotency-Key: ") }
    seen.withLock { $0.append(String(line?.dropFirst("Idempotency-Key: ".count) ?? "")) }
    _ = answer.withCString { write(connection, $0, strlen($0)) }
  }
}
