import Dispatch
import Journal
import Synchronization

/// The places of open streams, and the thread on which all of them read the journal.
///
/// They are kept apart from those of connections: however many streams are open, requests have the
/// connections, the readers of the journal and the event loops that they would have without.
final class StreamPlaces: Sendable {
  private struct State {
    var count = 0
    var clients: [String?: Int] = [:]
  }

  private let limit: Int
  private let clientLimit: Int
  /// Takes the number of open streams at each change.
  private let observe: @Sendable (Int) -> Void
  private let state = Mutex(State())
  private let reading = DispatchQueue(label: "eventually.streams")

  /// - Parameters:
  ///   - limit: the number of open streams; one address has at most half of them.
  ///   - observe: takes the number of open streams at each change.
  init(limit: Int = 64, observe: @escaping @Sendable (Int) -> Void = { _ in }) {
    self.limit = limit
    clientLimit = max(1, limit / 2)
    self.observe = observe
    observe(0)
  }

  /// A place, until it is dropped.
  ///
  /// - Parameter client: the address of the client; nil on a Unix socket.
  /// - Throws: a 503 ``Problem`` where all places are taken: of this client, or of all clients.
  func take(for client: String?) throws(Problem) -> StreamPlace {
    let (isFull, isClient) = state.withLock { state in
      let isClient = state.clients[client, default: 0] >= clientLimit
      guard state.count < limit, !isClient else { return (true, isClient) }
      state.count += 1
      state.clients[client, default: 0] += 1
      observe(state.count)
      return (false, false)
    }
    guard !isFull else { throw .tooManyStreams(ofClient: isClient) }
    return StreamPlace { [weak self] in self?.release(client) }
  }

  private func release(_ client: String?) {
    state.withLock { state in
      let rest = state.clients[client, default: 1] - 1
      state.clients[client] = rest > 0 ? rest : nil
      state.count -= 1
      observe(state.count)
    }
  }

  /// Runs a read of a stream, after those that wait.
  func read<Value: Sendable>(_ query: @escaping @Sendable () throws -> Value) async throws -> Value
  {
    try await withCheckedThrowingContinuation { continuation in
      reading.async { continuation.resume(with: Result(catching: query)) }
    }
  }
}

/// The place of one stream, until it is dropped.
final class StreamPlace: Sendable {
  private let release: @Sendable () -> Void

  init(_ release: @escaping @Sendable () -> Void) {
    self.release = release
  }

  deinit { release() }
}

/// A feed with its place among the open streams.
final class OpenStream: Sendable {
  let feed: EventFeed
  /// The request for it.
  let request: Request
  private let place: StreamPlace

  init(_ feed: EventFeed, for request: Request, in place: StreamPlace) {
    self.feed = feed
    self.request = request
    self.place = place
  }
}

extension OpenStream: Hashable {
  static func == (stream: OpenStream, other: OpenStream) -> Bool { stream === other }

  func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(self))
  }
}
