package import FoundationEssentials
import Glibc
import NIOCore
package import NIOHTTP1
import NIOPosix

/// One request to another program over HTTP/1.1, on a connection of its own.
///
/// It is NIO's client, which the daemons' library has already: a client with TLS would be a third of
/// the first build, and of each program.
package struct HTTPExchange: Sendable {
  /// The response.
  package struct Answer: Sendable {
    /// The status.
    package let status: Int
    /// The time that it asks for before the next request.
    package let retryAfter: Duration?
    /// The body.
    package let body: Data
  }

  /// The response was not there in time.
  package struct TimeOver: Error {}

  /// The connection ended before the response did.
  package struct BrokenConnection: Error {}

  /// The body of the response has more bytes than it may have.
  package struct TooLong: Error {}

  /// The other end of the connection.
  package enum Place: Hashable, Sendable {
    case host(String, port: Int)
    /// The path of a Unix socket.
    case socket(String)
  }

  private let place: Place
  private let limit: Int

  /// - Parameters:
  ///   - place: the host, by its name or its address, with the port; or the Unix socket.
  ///   - limit: the number of bytes that the body of a response may have.
  package init(_ place: Place, limit: Int = .max) {
    self.place = place
    self.limit = limit
  }

  /// Sends a request, and reads the whole response.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - uri: the path with its query.
  ///   - headers: header fields, beside those of the connection and of the body.
  ///   - body: the body, in JSON; nil for none.
  ///   - timeout: from the connection to the end of the response.
  /// - Throws: ``TimeOver``, ``BrokenConnection``, ``TooLong``, `CancellationError`, or the error of the
  ///   connection, for which ``reason(_:)`` has a sentence.
  package func send(
    _ method: HTTPMethod, uri: String, headers: [String: String], body: Data?,
    within timeout: Duration
  ) async throws -> Answer {
    let deadline = NIODeadline.now() + TimeAmount(timeout)
    do {
      let connection = try await connect(within: timeout)
      let channel = connection.channel
      let end = channel.eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
      defer { end.cancel() }
      return try await connection.executeThenClose { answer, question in
        try await question.write(contentsOf: parts(method, uri: uri, headers: headers, body: body))
        return try await read(answer)
      }
    } catch {
      try Task.checkCancellation()
      throw NIODeadline.now() < deadline ? error : TimeOver()
    }
  }

  private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  private func connect(within timeout: Duration) async throws -> Connection {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(TimeAmount(min(timeout, .seconds(2))))
    return switch place {
    case .host(let host, let port):
      try await bootstrap.connect(host: host, port: port, channelInitializer: Self.wrap)
    case .socket(let path):
      try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: Self.wrap)
    }
  }

  @Sendable
  private static func wrap(_ channel: any Channel) -> EventLoopFuture<Connection> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHTTPClientHandlers()
      return try Connection(wrappingChannelSynchronously: channel)
    }
  }

  /// The value of `Host`; every service has the name of the machine itself.
  private var authority: String {
    switch place {
    case .host(let host, let port): "\(host):\(port)"
    case .socket: "localhost"
    }
  }

  private func parts(
    _ method: HTTPMethod, uri: String, headers: [String: String], body: Data?
  ) -> [HTTPClientRequestPart] {
    var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
    head.headers.add(name: "Host", value: authority)
    head.headers.add(name: "Connection", value: "close")
    head.headers.add(name: "Content-Length", value: String(body?.count ?? 0))
    if body != nil { head.headers.add(name: "Content-Type", value: "application/json") }
    for (name, value) in headers { head.headers.add(name: name, value: value) }
    guard let body else { return [.head(head), .end(nil)] }
    return [.head(head), .body(.byteBuffer(ByteBuffer(bytes: body))), .end(nil)]
  }

  private func read(_ parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws
    -> Answer
  {
    var head: HTTPResponseHead?
    var body = Data()
    for try await part in parts {
      switch part {
      case .head(let first): head = first
      case .body(let bytes):
        guard body.count + bytes.readableBytes <= limit else { throw TooLong() }
        body.append(contentsOf: bytes.readableBytesView)
      case .end:
        guard let head else { break }
        let pause = head.headers.first(name: "Retry-After").flatMap { Int($0) }
        return Answer(
          status: Int(head.status.code), retryAfter: pause.map { .seconds(max(0, $0)) }, body: body)
      }
    }
    throw BrokenConnection()
  }

  /// Why a request has failed, the end of a sentence.
  package static func reason(_ error: any Error) -> String {
    let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
    if let failure = cause as? IOError {
      return String(cString: strerror(failure.errnoCode)).lowercased()
    }
    return switch cause {
    case is BrokenConnection: "it did not answer"
    case is TimeOver: "it did not answer in time"
    case is TooLong: "its answer is too long"
    default: "\(cause)"
    }
  }
}
