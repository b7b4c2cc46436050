import Daemon
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix

/// One connection to a service, kept open for one request after another.
///
/// It costs the load generator little: both share the machine's cores with the services.
struct KeepAliveConnection: Sendable {
  private let channel: any Channel
  private let host: String

  /// Connects, and closes when `body` ends, which runs on the connection's event loop.
  static func with<Value: Sendable>(
    to address: ServiceAddress, _ body: (KeepAliveConnection) async throws -> Value
  ) async throws -> Value {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers(
            enableOutboundHeaderValidation: false)
          try channel.pipeline.syncOperations.addHandler(ResponseCollector())
        }
      }
      .connect(host: address.host, port: address.port).get()
    defer { channel.close(promise: nil) }
    let connection = KeepAliveConnection(
      channel: channel, host: "\(address.host):\(address.port)")
    return try await withTaskExecutorPreference(EventLoopExecutor(channel.eventLoop)) {
      try await body(connection)
    }
  }

  /// Sends a request and waits for its response.
  func request(_ method: HTTPMethod, path: String, body: Data? = nil) async throws
    -> ServiceAnswer
  {
    var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
    head.headers.add(name: "Host", value: host)
    head.headers.add(name: "Content-Length", value: String(body?.count ?? 0))
    if body != nil { head.headers.add(name: "Content-Type", value: "application/json") }
    let promise = channel.eventLoop.makePromise(of: ServiceAnswer.self)
    let request = PendingRequest(
      head: head, body: body.map { ByteBuffer(bytes: $0) }, promise: promise)
    channel.writeAndFlush(request, promise: nil)
    return try await promise.futureResult.get()
  }
}

private struct PendingRequest: Sendable {
  let head: HTTPRequestHead
  let body: ByteBuffer?
  let promise: EventLoopPromise<ServiceAnswer>
}

/// Collects the parts of each response for the one request that waits for it.
private final class ResponseCollector: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundIn = PendingRequest
  typealias OutboundOut = HTTPClientRequestPart

  private var waiting: EventLoopPromise<ServiceAnswer>?
  private var head: HTTPResponseHead?
  private var body = Data()

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let request = unwrapOutboundIn(data)
    guard context.channel.isActive else {
      return request.promise.fail(ChannelError.ioOnClosedChannel)
    }
    waiting = request.promise
    context.write(wrapOutboundOut(.head(request.head)), promise: nil)
    if let body = request.body {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    context.write(wrapOutboundOut(.end(nil)), promise: promise)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let first):
      head = first
      body.removeAll(keepingCapacity: true)
    case .body(let bytes): body.append(contentsOf: bytes.readableBytesView)
    case .end:
      guard let head else { return }
      let pause = head.headers.first(name: "Retry-After").flatMap { Int($0) }
      waiting?.succeed(
        ServiceAnswer(
          status: Int(head.status.code), retryAfter: pause.map { .seconds($0) }, body: body))
      waiting = nil
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    waiting?.fail(error)
    waiting = nil
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    waiting?.fail(ChannelError.eof)
    waiting = nil
    context.fireChannelInactive()
  }
}
