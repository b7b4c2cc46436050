import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// A service's response over HTTP.
struct ServiceAnswer: Sendable {
  let status: Int
  /// The header field that a service sends with a 503.
  let retryAfter: Duration?
  let body: Data
}

/// A service that did not answer: no listener, or a broken connection.
struct Unreachable: Error, CustomStringConvertible {
  let service: Service
  let address: ServiceAddress
  let reason: String

  var description: String { "\(service) cannot be reached at \(address): \(reason)" }
}

/// A service that did not answer within the time of the question.
struct Unanswered: Error, CustomStringConvertible {
  let service: Service
  let address: ServiceAddress

  var description: String { "\(service) did not answer in time at \(address)" }
}

/// Asks one service over HTTP/1.1, a connection for each question.
///
/// It is NIO's client and not Foundation's, because the daemons' library brings NIO along, while
/// Foundation's would make every installation depend on libcurl.
struct ServiceClient: Sendable {
  let service: Service
  let address: ServiceAddress
  /// The time limit of a request, from the connection to the end of the response.
  var timeout: Duration = .seconds(10)

  /// The same client, whose requests take no longer than the rest of a patience.
  func within(_ patience: Patience) -> ServiceClient {
    ServiceClient(service: service, address: address, timeout: min(timeout, patience.left))
  }

  /// - Throws: ``Unreachable`` or ``Unanswered``.
  func get(_ path: String, headers: [String: String] = [:]) async throws -> ServiceAnswer {
    try await ask(.GET, path: path, headers: headers, body: nil)
  }

  /// - Throws: ``Unreachable`` or ``Unanswered``.
  func post(_ path: String, headers: [String: String], body: Data? = nil) async throws
    -> ServiceAnswer
  {
    try await ask(.POST, path: path, headers: headers, body: body)
  }

  /// - Throws: ``Unreachable`` or ``Unanswered``.
  func delete(_ path: String, headers: [String: String]) async throws -> ServiceAnswer {
    try await ask(.DELETE, path: path, headers: headers, body: nil)
  }

  private func ask(
    _ method: HTTPMethod, path: String, headers: [String: String], body: Data?
  ) async throws -> ServiceAnswer {
    let deadline = NIODeadline.now() + TimeAmount(timeout)
    do {
      let connection = try await connect()
      let channel = connection.channel
      let end = channel.eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
      defer { end.cancel() }
      return try await connection.executeThenClose { answer, question in
        try await question.write(
          contentsOf: parts(method, path: path, headers: headers, body: body))
        return try await read(answer)
      }
    } catch {
      try Task.checkCancellation()
      guard NIODeadline.now() < deadline else {
        throw Unanswered(service: service, address: address)
      }
      throw Unreachable(service: service, address: address, reason: Self.reason(error))
    }
  }

  private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  private func connect() async throws -> Connection {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(TimeAmount(min(timeout, .seconds(2))))
      .connect(host: address.host, port: address.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try Connection(wrappingChannelSynchronously: channel)
        }
      }
  }

  private func parts(
    _ method: HTTPMethod, path: String, headers: [String: String], body: Data?
  ) -> [HTTPClientRequestPart] {
    var head = HTTPRequestHead(version: .http1_1, method: method, uri: address.path + path)
    head.headers.add(name: "Host", value: "\(address.host):\(address.port)")
    head.headers.add(name: "Connection", value: "close")
    head.headers.add(name: "Content-Length", value: String(body?.count ?? 0))
    if body != nil { head.headers.add(name: "Content-Type", value: "application/json") }
    for (name, value) in headers { head.headers.add(name: name, value: value) }
    guard let body else { return [.head(head), .end(nil)] }
    return [.head(head), .body(.byteBuffer(ByteBuffer(bytes: body))), .end(nil)]
  }

  private func read(_ parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws
    -> ServiceAnswer
  {
    var head: HTTPResponseHead?
    var body = Data()
    for try await part in parts {
      switch part {
      case .head(let first): head = first
      case .body(let bytes): body.append(contentsOf: bytes.readableBytesView)
      case .end:
        guard let head else { break }
        let pause = head.headers.first(name: "Retry-After").flatMap { Int($0) }
        return ServiceAnswer(
          status: Int(head.status.code), retryAfter: pause.map { .seconds($0) }, body: body)
      }
    }
    throw BrokenConnection()
  }

  private static func reason(_ error: any Error) -> String {
    let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
    if let failure = cause as? IOError {
      return String(cString: strerror(failure.errnoCode)).lowercased()
    }
    if cause is BrokenConnection { return "it did not answer" }
    return "\(cause)"
  }
}

/// The connection ended before the answer did.
private struct BrokenConnection: Error {}
