import Dispatch
import Synchronization

/// The sessions by which a process reads: each user has one alone, for a snapshot.
final class PostgreSQLReaders: Sendable {
  /// How many there are at most.
  static let limit = 4

  private struct State {
    var idle: [PostgreSQLSession] = []
    /// The number of users now.
    var users = 0
    /// Those that wait for a session, in order.
    var waiting: [@Sendable (PostgreSQLSession?) -> Void] = []
    var isClosed = false
  }

  private let address: PostgreSQLAddress
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "eventually.journal.readers", attributes: .concurrent)

  init(_ address: PostgreSQLAddress) {
    self.address = address
  }

  /// Reads in one snapshot; the calling thread waits.
  func read<Value>(_ query: (any Connection) throws -> Value) throws -> Value {
    let isReady = DispatchSemaphore(value: 0)
    let taken = Mutex<PostgreSQLSession?>(nil)
    take { session in
      taken.withLock { $0 = session }
      isReady.signal()
    }
    isReady.wait()
    return try use(taken.withLock(\.self), query)
  }

  /// Reads in one snapshot, on a thread of its own.
  func read<Value: Sendable>(
    _ query: @escaping @Sendable (any Connection) throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    return try await withCheckedThrowingContinuation { continuation in
      take { session in
        self.queue.async {
          continuation.resume(with: Result { try self.use(session, query) })
        }
      }
    }
  }

  /// Ends the sessions, after their present users.
  func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      state.idle = []
      defer { state.waiting = [] }
      return state.waiting
    }
    for user in waiting { user(nil) }
  }
}

extension PostgreSQLReaders {
  /// Gives a session to a user: at once, or when another has ended.
  ///
  /// - Parameter user: gets nil where a session is to be made.
  private func take(_ user: @escaping @Sendable (PostgreSQLSession?) -> Void) {
    let isFree = state.withLock { state -> Bool in
      guard state.users < Self.limit || state.isClosed else {
        state.waiting.append(user)
        return false
      }
      state.users += 1
      return true
    }
    if isFree { user(state.withLock { $0.idle.popLast() }) }
  }

  private func giveBack(_ session: PostgreSQLSession?) {
    let next = state.withLock { state -> (@Sendable (PostgreSQLSession?) -> Void)? in
      guard !state.waiting.isEmpty else {
        state.users -= 1
        if let session, !state.isClosed { state.idle.append(session) }
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?(session)
  }

  private func use<Value>(
    _ session: PostgreSQLSession?, _ query: (any Connection) throws -> Value
  ) throws -> Value {
    var session = session
    defer { giveBack(session.flatMap { $0.isLost ? nil : $0 }) }
    guard !state.withLock(\.isClosed) else {
      throw JournalError.closed(address.description, cause: CancellationError())
    }
    let reader: PostgreSQLSession
    if let session, session.isAlive() {
      reader = session
    } else {
      session = nil
      reader = try PostgreSQLSession(to: address, settings: PostgreSQLSettings.reader)
      try PostgreSQLSettings.requirePrimary(reader)
      session = reader
    }
    do {
      try reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      let value = try query(PostgreSQLConnection(session: reader))
      // Its result is read before the next use.
      try reader.run("COMMIT")
      try reader.end()
      return value
    } catch {
      reader.rollBack()
      throw error
    }
  }
}
