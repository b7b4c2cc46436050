import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// One accepted connection: its pipeline, and the responder that answers its requests in order.
struct HTTPChannel: Sendable {
  typealias Value = NIOAsyncChannel<IncomingRequest, HTTPServerResponsePart>

  let responder: Responder
  let listener: ConnectionHandler.Listener

  /// Makes the pipeline of a connection, on its event loop.
  func setUp(_ channel: any Channel) throws -> Value {
    // A response that a client does not read waits here, and not by megabytes in the kernel.
    try channel.syncOptions?.setOption(
      ChannelOptions.socketOption(.so_sndbuf), value: numericCast(listener.limits.pieceBytes))
    try Self.addHandlers(to: channel, listener)
    return try NIOAsyncChannel(
      wrappingChannelSynchronously: channel,
      configuration: .init(isOutboundHalfClosureEnabled: true))
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

  /// Answers on the connection's own event loop: a command changes threads for its transaction only.
  func handle(_ connection: Value) async {
    let channel = connection.channel
    await withTaskExecutorPreference(EventLoopExecutor(channel.eventLoop)) {
      await withGracefulShutdownHandler {
        await serve(connection)
      } onGracefulShutdown: {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
      }
    }
  }

  private func serve(_ value: Value) async {
    do {
      try await withTaskCancellationHandler {
        try await value.executeThenClose { requests, responses in
          var hasStreamed = false
          // What was sent behind the request for a stream is not served.
          for try await request in requests where !hasStreamed {
            let response = await respond(to: request)
            if let stream = response.stream {
              await write(stream, with: response, to: request, by: responses, on: value.channel)
              hasStreamed = true
            } else {
              let parts = response.parts(for: request.head?.method, listener.limits.pieceBytes)
              try await write(parts, by: responses, on: value.channel)
            }
          }
          responses.finish()
          try await value.channel.closeFuture.get()
        }
      } onCancel: {
        value.channel.close(mode: .input, promise: nil)
      }
    } catch {
      listener.logger.trace("a connection has ended: \(error)")
    }
  }

  /// Writes a response; also that of a request that is given up because the time to stop is over.
  private func write(
    _ parts: [HTTPServerResponsePart], by responses: StreamDriver.Writer, on channel: any Channel
  ) async throws {
    guard Task.isCancelled else { return try await responses.write(contentsOf: parts) }
    // A cancelled task may not use the writer.
    for part in parts { channel.write(part, promise: nil) }
    channel.flush()
  }

  /// Answers a request; one that only reads may render a page, which would hold up the event loop.
  private func respond(to request: IncomingRequest) async -> Response {
    guard request.head?.isSafe == true else { return await responder.respond(to: request) }
    return await besideEventLoops { await responder.respond(to: request) }
  }
}

extension HTTPChannel {
  /// Writes a stream until it ends, and a log line of it.
  private func write(
    _ stream: OpenStream, with response: Response, to request: IncomingRequest,
    by responses: StreamDriver.Writer, on channel: any Channel
  ) async {
    guard let journal = responder.journal else {
      preconditionFailure("a stream needs a journal, and there is none")
    }
    let driver = StreamDriver(
      stream: stream, journal: journal, channel: channel,
      places: responder.streams, pieceBytes: listener.limits.pieceBytes)
    let outcome = await driver.run(
      head: response.head(isOld: request.head?.isOld == true), to: responses)
    responder.log(outcome, of: stream)
  }
}

extension Response {
  /// The head of a stream: a client of HTTP/1.0 reads to the end of the connection.
  fileprivate func head(isOld: Bool) -> HTTPServerResponsePart {
    .head(
      HTTPResponseHead(
        version: isOld ? .http1_0 : .http1_1, status: httpStatus, headers: fields))
  }

  private var httpStatus: HTTPResponseStatus {
    HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase)
  }

  private var fields: HTTPHeaders { HTTPHeaders(headers.map { ($0.name.rawName, $0.value) }) }

  /// The parts in which the response is written.
  ///
  /// - Parameter limit: how many bytes of the body are in a part.
  fileprivate func parts(for method: HTTPRequest.Method?, _ limit: Int)
    -> [HTTPServerResponsePart]
  {
    var fields = fields
    let mayHaveBody = status != .noContent && status != .notModified
    if method == .head, headers[.contentType] == eventStreamType {
      // As GET would have it; no body follows.
      fields.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
    } else if mayHaveBody {
      fields.replaceOrAdd(name: "Content-Length", value: String(body.count))
    }
    var parts = [
      HTTPServerResponsePart.head(
        HTTPResponseHead(version: .http1_1, status: httpStatus, headers: fields))
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
