import Logging
import NIOCore
import NIOHTTP1

/// Performs the decisions of ``HTTPConnection``, between the parser and the responder.
///
/// It adds itself to the pipeline, with ``ByteGate`` before the parser.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = IncomingRequest
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let listener: Listener
  private var connection: HTTPConnection
  private var peers = Peers()
  private var id: Int?
  private var standing = HTTPConnection.Standing.receiving
  private var firstByte: UInt8?
  private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
  private var holdsRead = false
  /// Whether the response in progress is a head that announces a body and has none: HEAD of a
  /// stream.
  private var hasNoBody = false

  /// The state that all connections of a listener share.
  struct Listener: Sendable {
    var limits = HTTPLimits()
    let connections: Connections
    /// The refusal of a request by its header alone.
    var admission: @Sendable (IncomingRequest.Head, Peers) -> Problem? = { _, _ in nil }
    let logger: Logger
  }

  init(_ listener: Listener, now: NIODeadline) {
    self.listener = listener
    connection = HTTPConnection(limits: listener.limits, now: now)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { open(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    open(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.task.cancel()
    timer = nil
    if let id { listener.connections.closed(id) }
    context.fireChannelInactive()
  }

  private func open(_ context: ChannelHandlerContext) {
    let channel = context.channel
    peers = Peers(channel)
    do {
      id = try listener.connections.open(peers.client) { channel.close(promise: nil) }
    } catch {
      perform(connection.refused(error, peers: peers), in: context)
    }
    settle(context)
  }
}

// MARK: Input

extension ConnectionHandler {
  /// Whether bytes are to be parsed.
  func admits(_ bytes: ByteBuffer, at now: NIODeadline) -> Bool {
    firstByte = firstByte ?? bytes.getInteger(at: bytes.readerIndex)
    return connection.received(bytes.readableBytes, at: now)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let now = context.eventLoop.now
    switch unwrapInboundIn(data) {
    case .head(let head):
      do throws(Problem) {
        let head = try IncomingRequest.Head(head)
        let actions = connection.began(
          head, peers: peers, refusal: listener.admission(head, peers), at: now)
        perform(actions, in: context)
      } catch {
        perform(connection.failed(error, peers: peers), in: context)
      }
    case .body(let piece): perform(connection.received(piece), in: context)
    case .end: perform(connection.ended(at: now), in: context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    settle(context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case let error as HTTPParserError:
      perform(
        connection.failed(.unreadable(error, isTLS: firstByte == 0x16), peers: peers), in: context)
      settle(context)
    case is ByteToMessageDecoderError: break
    default: context.close(promise: nil)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed:
      perform(connection.inputEnded(), in: context)
      context.fireUserInboundEventTriggered(event)
    case is ChannelShouldQuiesceEvent:
      connection.quiesce(at: context.eventLoop.now)
    default: context.fireUserInboundEventTriggered(event)
    }
    settle(context)
  }

  func read(context: ChannelHandlerContext) {
    if connection.wantsBytes {
      context.read()
    } else {
      holdsRead = true
    }
  }
}

// MARK: Output

extension ConnectionHandler {
  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    var part = unwrapOutboundIn(data)
    if case .head(var head) = part {
      if head.hasNoLength { beganStream() }
      hasNoBody = head.headers.contains(name: "Transfer-Encoding")
      if connection.closes { head.headers.replaceOrAdd(name: "Connection", value: "close") }
      part = .head(head)
      // The parts after it, which are written with it, leave later.
      return context.write(wrapOutboundOut(part), promise: promise)
    }
    let now = context.eventLoop.now
    let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
    connection.wrote(at: now)
    promise.futureResult.assumeIsolated().whenComplete { _ in
      self.perform(self.connection.sent(at: context.eventLoop.now), in: context)
      self.settle(context)
    }
    let isEnd = if case .end = part { true } else { false }
    // The encoder would end the body that the response to HEAD does not have.
    if isEnd, hasNoBody { part = .body(.byteBuffer(ByteBuffer())) }
    context.write(wrapOutboundOut(part), promise: promise)
    if isEnd { perform(connection.answered(at: now), in: context) }
  }

  func flush(context: ChannelHandlerContext) {
    context.flush()
    settle(context)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    // The responder has nothing more to write; some of its bytes may not have left yet.
    guard mode != .output else {
      promise?.succeed(())
      return
    }
    context.close(mode: mode, promise: promise)
  }

  /// The connection leaves the place of one that serves requests: streams have places of their own.
  private func beganStream() {
    connection.beganStream()
    if let id { listener.connections.closed(id) }
    id = nil
  }

  private func perform(_ actions: [HTTPConnection.Action], in context: ChannelHandlerContext) {
    for action in actions {
      switch action {
      case .deliver(let request):
        context.fireChannelRead(wrapInboundOut(request))
        // A deadline is no read that something else would complete.
        context.fireChannelReadComplete()
      case .proceed:
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
      case .closeOutput: context.close(mode: .output, promise: nil)
      case .close(let reason):
        if let reason { log(reason) }
        context.close(promise: nil)
      }
    }
  }

  private func log(_ reason: String) {
    listener.logger.info(
      "a connection is closed: \(reason)",
      metadata: [
        "event.action": "http-connection-closed", "client.address": "\(peers.client ?? "local")",
      ])
  }
}

// MARK: Time and pressure

extension ConnectionHandler {
  /// Called after each event: updates the deadline, the reads and the table of connections.
  private func settle(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    if connection.isDrained { return context.close(promise: nil) }
    if let id, connection.standing != standing {
      standing = connection.standing
      listener.connections.change(id, to: standing)
    }
    if holdsRead, connection.wantsBytes {
      holdsRead = false
      context.read()
    }
    schedule(context)
  }

  private func schedule(_ context: ChannelHandlerContext) {
    guard let deadline = connection.deadline, timer.map({ deadline < $0.deadline }) ?? true else {
      return
    }
    timer?.task.cancel()
    let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      self.timer = nil
      self.perform(self.connection.expired(self.peers, at: context.eventLoop.now), in: context)
      self.settle(context)
    }
    timer = (deadline, task)
  }
}

extension HTTPResponseHead {
  /// Whether its body goes on until one side ends it.
  fileprivate var hasNoLength: Bool {
    !headers.contains(name: "Content-Length") && !headers.contains(name: "Transfer-Encoding")
      && status != .noContent && status != .notModified
  }
}

/// A handler before the parser: bytes after a refusal do not reach it.
final class ByteGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: ConnectionHandler

  init(_ connection: ConnectionHandler) {
    self.connection = connection
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard connection.admits(unwrapInboundIn(data), at: context.eventLoop.now) else { return }
    context.fireChannelRead(data)
  }
}

@available(*, unavailable)
extension ConnectionHandler: Sendable {}
@available(*, unavailable)
extension ByteGate: Sendable {}
