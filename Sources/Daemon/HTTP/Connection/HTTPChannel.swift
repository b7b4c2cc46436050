import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// One accepted connection: its pipeline, and the responder that answers its requests in order.
struct HTTPChannel: ServerChildChannel {
  typealias Value = NIOAsyncChannel<IncomingRequest, HTTPServerResponsePart>

  let responder: Responder
  let listener: ConnectionHandler.Listener

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      // A response that a client does not read waits here, and not by megabytes in the kernel.
      try channel.syncOptions?.setOption(
        ChannelOptions.socketOption(.so_sndbuf), value: numericCast(listener.limits.pieceBytes))
      try Self.addHandlers(to: channel, listener)
      return try NIOAsyncChannel(
        wrappingChannelSynchronously: channel,
        configuration: .init(isOutboundHalfClosureEnabled: true))
    }
  }

  /// The pipeline of a connection, from bytes to requests.
  static func addHandlers(to channel: any Channel, _ listener: ConnectionHandler.Listener) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = listener.limits.headerBytes
    limits.maxHeaderListSize = listener.limits.headerBytes
    let handler = ConnectionHandler(listener, now: channel.eventLoop.now)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(ByteGate(handler))
    try pipeline.addHandler(HTTPResponseEncoder())
    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits)))
    try pipeline.addHandler(handler)
  }

  func handle(value: Value, logger: Logger) async {
    do {
      try await withTaskCancellationHandler {
        try await value.executeThenClose { requests, responses in
          for try await request in requests {
            let response = await responder.respond(to: request)
            try await responses.write(
              contentsOf: response.parts(for: request.head?.method, listener.limits.pieceBytes))
          }
          responses.finish()
          try await value.channel.closeFuture.get()
        }
      } onCancel: {
        value.channel.close(mode: .input, promise: nil)
      }
    } catch {
      logger.trace("a connection has ended: \(error)")
    }
  }
}

extension Response {
  /// The parts in which the response is written.
  ///
  /// - Parameter limit: how many bytes of the body are in a part.
  fileprivate func parts(for method: HTTPRequest.Method?, _ limit: Int)
    -> [HTTPServerResponsePart]
  {
    let status = HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase)
    var fields = HTTPHeaders(headers.map { ($0.name.rawName, $0.value) })
    let mayHaveBody = self.status != .noContent && self.status != .notModified
    if mayHaveBody { fields.replaceOrAdd(name: "Content-Length", value: String(body.count)) }
    var parts = [
      HTTPServerResponsePart.head(
        HTTPResponseHead(version: .http1_1, status: status, headers: fields))
    ]
    if mayHaveBody, method != .head {
      var rest = ByteBuffer(bytes: body)
      while let piece = rest.readSlice(length: min(limit, rest.readableBytes)),
        piece.readableBytes > 0
      {
        parts.append(.body(.byteBuffer(piece)))
      }
    }
    return parts + [.end(nil)]
  }
}
