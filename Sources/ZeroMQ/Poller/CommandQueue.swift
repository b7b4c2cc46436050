import Synchronization

/// The poller's queue of commands.
///
/// A command wakes it where it waits, and not where it will come to the queue anyway.
final class CommandQueue: Sendable {
  private struct State {
    var commands: [Command] = []
    var nextID: SocketID = 0
    var wait = Wait.none
    var isStopped = false
    var isGone = false
    var closers: [CheckedContinuation<Void, Never>] = []
  }

  /// The poller's present wait.
  private enum Wait {
    case none
    /// It waits, or is about to.
    case begun
    /// The descriptor is readable.
    case ended
  }

  private let state = Mutex(State())
  private let wakeUp: WakeUp

  init() throws(ZeroMQError) {
    wakeUp = try WakeUp()
  }

  var descriptor: Int32 { wakeUp.descriptor }

  func newID() -> SocketID {
    state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
  }

  /// Hands a command to the poller, or refuses it when the poller has stopped.
  func post(_ command: Command) {
    let isTaken = state.withLock { state in
      guard !state.isStopped else { return false }
      state.commands.append(command)
      wake(&state)
      return true
    }
    if !isTaken { command.refuse() }
  }

  /// Under the lock, so that the poller neither misses a signal nor sees one for nothing.
  private func wake(_ state: inout State) {
    guard state.wait == .begun else { return }
    state.wait = .ended
    wakeUp.signal()
  }

  /// For the poller: whether it may wait for the descriptor, until ``endWait()``.
  func beginWait() -> Bool {
    state.withLock { state in
      guard state.commands.isEmpty else { return false }
      state.wait = .begun
      return true
    }
  }

  /// For the poller: it does not wait any longer.
  func endWait() {
    state.withLock { state in
      if state.wait == .ended { wakeUp.clear() }
      state.wait = .none
    }
  }

  /// For the poller: the commands since the last time.
  func take() -> [Command] {
    state.withLock { state in
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// For the poller: takes no more commands, and refuses those that wait.
  func stop() {
    let late = state.withLock { state in
      state.isStopped = true
      defer { state.commands = [] }
      return state.commands
    }
    for command in late { command.refuse() }
  }

  /// For the poller: the context is closed.
  func leave() {
    let closers = state.withLock { state in
      state.isGone = true
      defer { state.closers = [] }
      return state.closers
    }
    for closer in closers { closer.resume() }
  }

  /// Returns when the poller has left.
  nonisolated(nonsending) func awaitLeave() async {
    await withCheckedContinuation { closer in
      let isGone = state.withLock { state in
        if !state.isGone { state.closers.append(closer) }
        return state.isGone
      }
      if isGone { closer.resume() }
    }
  }
}

/// One socket's way to the poller.
struct Line: Sendable {
  let id: SocketID
  let commands: CommandQueue

  func post(_ verb: Command.Verb) {
    commands.post(.perform(id, verb))
  }
}
