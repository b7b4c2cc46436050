import Synchronization

/// Tasks that wait until a socket could send, that is, until a peer is there.
final class Readiness: Sendable {
  private typealias Waiter = CheckedContinuation<Void, any Error>

  private struct State {
    var waiters: [UInt64: Waiter] = [:]
    var tickets: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let line: Line

  init(line: Line) {
    self.line = line
  }

  /// Whether a task waits.
  ///
  /// It counts only then that the socket can send, which it can at almost every turn.
  var isAwaited: Bool {
    state.withLock { !$0.waiters.isEmpty }
  }

  nonisolated(nonsending) func wait() async throws {
    let ticket = state.withLock { state in
      state.tickets += 1
      return state.tickets
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { park($0, ticket: ticket) }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: ticket) }
      waiter?.resume(throwing: CancellationError())
    }
  }

  private func park(_ waiter: Waiter, ticket: UInt64) {
    let refusal = state.withLock { state -> (any Error)? in
      guard !state.isClosed else { return ZeroMQError.closed("wait for a peer") }
      guard !Task.isCancelled else { return CancellationError() }
      state.waiters[ticket] = waiter
      return nil
    }
    if let refusal { waiter.resume(throwing: refusal) } else { line.post(.look) }
  }

  /// For the poller: the socket can send.
  func open() {
    for waiter in takeAll() { waiter.resume() }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    for waiter in takeAll() { waiter.resume(throwing: ZeroMQError.closed("wait for a peer")) }
  }

  private func takeAll() -> [Waiter] {
    state.withLock { state in
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
  }
}
