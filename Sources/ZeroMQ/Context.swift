import FoundationEssentials
import Glibc

/// Owns a libzmq context and the one thread that opens, polls, reads and closes its sockets.
///
/// A process needs one. Sockets of the same context reach each other by `inproc://`. No caller ever
/// blocks a thread, memory is bounded for any behaviour of peers, and a socket is closed when its
/// scope ends.
public final class Context: Sendable {
  private let commands: CommandQueue
  /// For the test that interrupts the poller.
  let thread: pthread_t

  /// Starts the thread.
  ///
  /// - Parameter limits: The limits of the process for its peers.
  /// - Throws: When the process has no file descriptor or thread left.
  public init(limits: ContextLimits = .init()) throws(ZeroMQError) {
    limits.apply()
    commands = try CommandQueue()
    thread = try PollerThread.start(
      Poller(context: try ContextHandle(), commands: commands, limits: limits))
  }

  deinit {
    commands.post(.stop)
  }

  /// Returns when the thread has come to this call, after what waits for it; at once when the context
  /// is closed.
  public nonisolated(nonsending) func answer() async {
    await withCheckedContinuation { commands.post(.answer($0)) }
  }

  /// Closes every socket, then the context, and returns when both are gone.
  ///
  /// Iterations end, sends throw ``ZeroMQError/Code/closed``. A second call does nothing but wait
  /// for the first. A context that is forgotten closes itself in the background.
  public nonisolated(nonsending) func close() async {
    commands.post(.stop)
    await commands.awaitLeave()
  }

  /// Opens a publisher for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - endpoints: The addresses for subscribers. Binding an ipc path takes it from a live process
  ///     silently, so hold a lock for it.
  ///   - settings: Limits and times.
  ///   - body: The work with the socket, which is closed after it.
  /// - Throws: ``ZeroMQError`` when it cannot be bound, and the error of `body`.
  public nonisolated(nonsending) func withPublisher<Result>(
    binding endpoints: [String], settings: SocketSettings = .init(),
    _ body: nonisolated(nonsending) (Publisher) async throws -> Result
  ) async throws -> Result {
    let plan = SocketPlan(kind: .publisher, endpoints: endpoints, settings: settings)
    return try await with(plan, read: Publisher.changes(in:)) { channel, bound in
      try await body(Publisher(channel: channel, boundEndpoints: bound))
    }
  }

  /// Opens a subscriber for as long as `body` runs.
  ///
  /// Connecting continues in the background.
  ///
  /// - Parameters:
  ///   - endpoints: Publishers, running or not.
  ///   - prefixes: The first subscriptions: the first bytes of frame 0.
  ///   - owner: The user whose messages are received, over ipc alone; messages of others are
  ///     dropped and counted as ``Traffic/foreign``. Nil for all users.
  ///   - settings: Limits and times.
  ///   - body: The work with the socket, which is closed after it.
  /// - Throws: ``ZeroMQError`` when an endpoint is malformed, and the error of `body`.
  public nonisolated(nonsending) func withSubscriber<Result>(
    connectingTo endpoints: [String], prefixes: [String], ownedBy owner: UInt32? = nil,
    settings: SocketSettings = .init(),
    _ body: nonisolated(nonsending) (Subscriber) async throws -> Result
  ) async throws -> Result {
    let plan = SocketPlan(
      kind: .subscriber, endpoints: endpoints, prefixes: prefixes.map { Data($0.utf8) },
      settings: settings, owner: Endpoint.areFiles(endpoints) ? owner : nil)
    return try await with(plan, read: Self.unchanged) { channel, _ in
      try await body(Subscriber(channel: channel))
    }
  }

  /// Opens a router for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - endpoints: The addresses for dealers. Binding an ipc path takes it from a live process
  ///     silently, so hold a lock for it.
  ///   - settings: Limits and times.
  ///   - body: The work with the socket, which is closed after it.
  /// - Throws: ``ZeroMQError`` when it cannot be bound, and the error of `body`.
  public nonisolated(nonsending) func withRouter<Result>(
    binding endpoints: [String], settings: SocketSettings = .init(),
    _ body: nonisolated(nonsending) (Router) async throws -> Result
  ) async throws -> Result {
    let plan = SocketPlan(kind: .router, endpoints: endpoints, settings: settings)
    return try await with(plan, read: Self.unchanged) { channel, bound in
      try await body(Router(channel: channel, boundEndpoints: bound))
    }
  }

  /// Opens a dealer for as long as `body` runs.
  ///
  /// Connecting continues in the background.
  ///
  /// - Parameters:
  ///   - endpoints: Routers, running or not.
  ///   - owner: The user whose messages are received, as for a subscriber.
  ///   - settings: Limits and times.
  ///   - body: The work with the socket, which is closed after it.
  /// - Throws: ``ZeroMQError`` when an endpoint is malformed, and the error of `body`.
  public nonisolated(nonsending) func withDealer<Result>(
    connectingTo endpoints: [String], ownedBy owner: UInt32? = nil,
    settings: SocketSettings = .init(),
    _ body: nonisolated(nonsending) (Dealer) async throws -> Result
  ) async throws -> Result {
    let plan = SocketPlan(
      kind: .dealer, endpoints: endpoints, settings: settings,
      owner: Endpoint.areFiles(endpoints) ? owner : nil)
    return try await with(plan, read: Self.unchanged) { channel, _ in
      try await body(Dealer(channel: channel))
    }
  }

  private static func unchanged(_ messages: [Message]) -> [Message] { messages }

  /// A socket as a scope: closed when `body` ends, however it ends.
  private nonisolated(nonsending) func with<Item: Sendable, Result>(
    _ plan: SocketPlan, read: @escaping @Sendable ([Message]) -> [Item],
    _ body: nonisolated(nonsending) (Channel<Item>, [String]) async throws -> Result
  ) async throws -> Result {
    let channel = Channel(commands: commands, settings: plan.settings, read: read)
    let bound = try await channel.open(plan)
    do {
      let result = try await body(channel, bound)
      await channel.close()
      return result
    } catch {
      await channel.close()
      throw error
    }
  }
}
