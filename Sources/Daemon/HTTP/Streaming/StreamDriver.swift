import Events
import HTTPTypes
import Journal
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Performs the steps of ``StreamProcess`` for one open stream, on its connection.
struct StreamDriver {
  typealias Writer = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

  let stream: OpenStream
  let journal: ServiceJournal
  let channel: any Channel
  /// Where the journal is read.
  let places: StreamPlaces
  /// The number of bytes that are written at once.
  let pieceBytes: Int

  /// The result of a stream.
  struct Outcome {
    let end: StreamProcess.End
    let count: Int
    let position: Int64
    let took: Duration
  }

  /// Writes the stream, head first, until the client leaves or the service stops.
  func run(head: HTTPServerResponsePart, to responses: Writer) async -> Outcome {
    let bell = StreamBell()
    // Before the first read: a commit after it rings.
    let registrations = [
      journal.onCommit { bell.committed() }, journal.onForeignCommit { bell.committed() },
    ]
    defer { withExtendedLifetime(registrations) {} }
    channel.closeFuture.whenComplete { _ in bell.stop(.clientLeft) }
    return await withGracefulShutdownHandler {
      await run(head, to: responses, with: bell)
    } onGracefulShutdown: {
      bell.stop(.serviceStops)
    }
  }

  /// The time of the event loop, by which the deadlines of the connection go too.
  private var now: Duration { .nanoseconds(channel.eventLoop.now.uptimeNanoseconds) }

  private func run(
    _ head: HTTPServerResponsePart, to responses: Writer, with bell: StreamBell
  ) async -> Outcome {
    let began = now
    var process = StreamProcess(after: stream.feed.position, at: began)
    do {
      let opening = ByteBuffer(string: stream.feed.opening)
      try await responses.write(contentsOf: [head, .body(.byteBuffer(opening))])
      try await perform(&process, to: responses, with: bell)
    } catch {
      process.stop(.clientLeft)
    }
    guard case .end(let end) = process.next(at: now) else {
      preconditionFailure("a stream returns at its end alone")
    }
    return Outcome(
      end: end, count: process.count, position: process.position, took: now - began)
  }

  private func perform(
    _ process: inout StreamProcess, to responses: Writer, with bell: StreamBell
  ) async throws {
    var rings = bell.rings.makeAsyncIterator()
    while true {
      bell.tell(&process)
      switch process.next(at: now) {
      case .read(let position, let hasCommitted):
        bell.read()
        try await read(&process, after: position, hasCommitted: hasCommitted, to: responses)
      case .beat(let position):
        try await write(EventFeed.beat(at: position), to: responses)
        process.wrote(at: now)
      case .wait(let time):
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { bell.ring() }
        let isRung: Void? = await rings.next()
        timer.cancel()
        // A cancelled task gets no more rings.
        if isRung == nil { process.stop(.serviceStops) }
      case .end:
        return try await responses.write(.end(nil))
      }
    }
  }

  /// Reads a part, and writes it as the client takes it.
  private func read(
    _ process: inout StreamProcess, after position: Int64, hasCommitted: Bool,
    to responses: Writer
  ) async throws {
    let text: String
    do {
      let part: EventFeed.Part
      (part, text) = try await places.read { [stream, journal] in
        let part = try journal.read { try stream.feed.next(position, hasCommitted, $0) }
        return (part, part.text)
      }
      process.read(
        part.events.count, through: part.position, continues: part.continues, at: now)
    } catch {
      return process.stop(.unreadable("\(error)"))
    }
    guard !text.isEmpty else { return }
    try await write(text, to: responses)
    process.wrote(at: now)
  }

  private func write(_ text: String, to responses: Writer) async throws {
    var rest = ByteBuffer(string: text)
    while let piece = rest.readSlice(length: min(pieceBytes, rest.readableBytes)),
      piece.readableBytes > 0
    {
      try await responses.write(.body(.byteBuffer(piece)))
    }
  }
}
