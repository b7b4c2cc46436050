import Synchronization

/// The poller's queue of commands.
///
/// Many commands cost one wake-up until it has read them.
final class CommandQueue: Sendable {
  private struct State {
    var commands: [Command] = []
    var nextID: SocketID = 0
    /// The poller has been woken and has not yet read.
    var isWoken = false
    var isStopped = false
    var isGone = false
    var closers: [CheckedContinuation<Void, Never>] = []
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
    guard !state.isWoken else { return }
    state.isWoken = true
    wakeUp.signal()
  }

  /// For the poller: the commands since the last time.
  func take() -> [Command] {
    state.withLock { state in
      if state.isWoken { wakeUp.clear() }
      state.isWoken = false
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
