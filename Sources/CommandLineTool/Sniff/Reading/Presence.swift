import Synchronization

/// Which publishers are heard, by their beats: notes when one goes, and when it comes back.
final class Presence: Sendable {
  /// The time without a message after which a publisher counts as gone: three beats.
  static let patience = Duration.seconds(3)

  private struct State {
    var lastHeard: [String: Duration] = [:]
    var away: Set<String> = []
    /// The expected streams of which nothing has come.
    var unheard: Set<String>
    /// Whether the wire is read.
    var isWatching = false
  }

  private let now: @Sendable () -> Duration
  private let note: @Sendable (String) -> Void
  private let state: Mutex<State>

  /// - Parameters:
  ///   - expected: the streams that are listened to by name.
  ///   - now: a clock that only advances.
  init(
    expecting expected: [String], now: @escaping @Sendable () -> Duration,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.now = now
    self.note = note
    state = Mutex(State(unheard: Set(expected)))
  }

  /// The expected streams of which no message has come.
  var unheard: [String] { state.withLock { $0.unheard.sorted() } }

  /// The wire is read from now on.
  func begin() {
    state.withLock { state in
      state.isWatching = true
      for stream in state.unheard { state.lastHeard[stream] = now() }
    }
  }

  /// A message of a stream has come.
  func heard(_ stream: String) {
    let isBack = state.withLock { state in
      state.lastHeard[stream] = now()
      state.unheard.remove(stream)
      return state.away.remove(stream) != nil
    }
    if isBack { note("\(stream) is back") }
  }

  /// Notes the streams that have become silent.
  func check() {
    let silent = state.withLock { state -> [String] in
      guard state.isWatching else { return [] }
      let limit = now() - Self.patience
      let silent = state.lastHeard.filter { $0.value < limit && !state.away.contains($0.key) }
      state.away.formUnion(silent.keys)
      return silent.keys.sorted()
    }
    for stream in silent {
      note("no message from \(stream) for 3 s: is its service running?")
    }
  }
}
