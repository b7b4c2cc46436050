import Events
import Synchronization

/// The connections that are open, and which of them goes when there are too many: a value.
struct ConnectionTable {
  /// The decision about a new connection.
  enum Opening: Hashable {
    case accepted
    /// It takes the place of another one, which is closed.
    case replaces(Int)
    /// All are busy: of this client, or of all clients.
    case refused(isClient: Bool)
  }

  private struct Entry {
    let client: String?
    var standing: HTTPConnection.Standing
    /// The number of the last change: a smaller one has waited longer.
    var change: Int
  }

  private let limit: Int
  private let clientLimit: Int
  private var entries: [Int: Entry] = [:]
  private var clients: [String?: Int] = [:]
  private var changes = 0

  /// - Parameters:
  ///   - limit: how many are open at once.
  ///   - clientLimit: how many of one address.
  init(limit: Int, clientLimit: Int) {
    self.limit = limit
    self.clientLimit = clientLimit
  }

  /// The number of open connections.
  var count: Int { entries.count }
  /// Whether the next one takes the place of another.
  var isFull: Bool { entries.count >= limit }

  /// A connection opens.
  ///
  /// When there is no room, the connection that has waited longest for its client is closed: an
  /// idle one first, then one with a slow client. A new connection therefore has the most time to
  /// send its request, regardless of the number of silent ones. A connection that waits for this
  /// service stays.
  mutating func open(_ id: Int, of client: String?) -> Opening {
    let isClient = clients[client, default: 0] >= clientLimit
    guard isClient || isFull else {
      insert(id, of: client)
      return .accepted
    }
    let waiting = entries.filter { entry in
      entry.value.standing != .busy && (!isClient || entry.value.client == client)
    }
    guard let longest = waiting.min(by: { Self.goesBefore($0.value, $1.value) })?.key else {
      return .refused(isClient: isClient)
    }
    close(longest)
    insert(id, of: client)
    return .replaces(longest)
  }

  /// A connection waits for something else now.
  mutating func change(_ id: Int, to standing: HTTPConnection.Standing) {
    guard entries[id] != nil else { return }
    changes += 1
    entries[id]?.standing = standing
    entries[id]?.change = changes
  }

  /// A connection has closed.
  mutating func close(_ id: Int) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    let rest = clients[entry.client, default: 1] - 1
    clients[entry.client] = rest > 0 ? rest : nil
  }

  private mutating func insert(_ id: Int, of client: String?) {
    changes += 1
    entries[id] = Entry(client: client, standing: .receiving, change: changes)
    clients[client, default: 0] += 1
  }

  private static func goesBefore(_ entry: Entry, _ other: Entry) -> Bool {
    guard entry.standing == other.standing else { return entry.standing == .idle }
    return entry.change < other.change
  }
}

/// The open connections of a listener.
final class Connections: Sendable {
  private struct State {
    var table: ConnectionTable
    var closers: [Int: @Sendable () -> Void] = [:]
    var lastID = 0
  }

  private let state: Mutex<State>

  init(limit: Int, clientLimit: Int) {
    state = Mutex(State(table: ConnectionTable(limit: limit, clientLimit: clientLimit)))
  }

  /// Takes up a connection, and closes the one whose place it takes.
  ///
  /// - Parameter close: closes the connection, from any thread.
  /// - Returns: its id.
  /// - Throws: a ``Problem`` when there is no room.
  func open(_ client: String?, close: @escaping @Sendable () -> Void) throws(Problem) -> Int {
    let (id, opening, closer) = state.withLock { state in
      state.lastID += 1
      let opening = state.table.open(state.lastID, of: client)
      var closer: (@Sendable () -> Void)?
      if case .replaces(let other) = opening { closer = state.closers.removeValue(forKey: other) }
      if case .refused = opening {} else { state.closers[state.lastID] = close }
      return (state.lastID, opening, closer)
    }
    closer?()
    if case .refused(let isClient) = opening { throw .tooManyConnections(ofClient: isClient) }
    return id
  }

  func change(_ id: Int, to standing: HTTPConnection.Standing) {
    state.withLock { $0.table.change(id, to: standing) }
  }

  func closed(_ id: Int) {
    state.withLock { state in
      state.table.close(id)
      state.closers[id] = nil
    }
  }
}
