package import FoundationEssentials
import ZeroMQ

/// A request that waits for its answer.
package struct PendingRequest: Sendable {
  /// The peer's routing id, to which the answer goes.
  package let sender: Data
  /// The frames without the routing id; of an oversized request, the first bytes only.
  package let frames: [Data]
  /// The peer, as far as the transport proves it.
  package let identity: RequestOrigin.Identity

  /// A request of a peer.
  ///
  /// An oversized request is cut to one byte more than a request may have: it stays malformed, and
  /// costs no more memory than another.
  package init(from sender: Data, _ identity: RequestOrigin.Identity, frames: some Collection<Data>)
  {
    self.sender = sender
    self.identity = identity
    let first = Array(frames.prefix(LogRequest.frameCount + 1))
    let size = first.reduce(0) { $0 + $1.count }
    guard size > LogRequest.maxBytes, let longest = first.max(by: { $0.count < $1.count }) else {
      self.frames = first
      return
    }
    let rest = max(0, LogRequest.maxBytes + 1 - longest.count)
    self.frames = [
      Data(longest.prefix(LogRequest.maxBytes + 1)) + Data(count: min(rest, LogRequest.maxBytes))
    ]
  }

  fileprivate var isFetch: Bool { frames.first == Data("FETCH".utf8) }
}

/// The requests that wait for an answer: a few of each connection, served in turns by process, and
/// by connection within a process.
///
/// A peer that sends too many requests affects only itself: its newest FETCH takes the place of the
/// one before, and of its other requests the oldest is dropped. More connections give a process no
/// more turns. Memory is bounded by connections, by requests and by bytes.
package struct RequestQueue: Sendable {
  /// The largest number of connections with waiting requests.
  package static let maxPeers = 1024
  /// The largest number of waiting requests of one connection.
  package static let maxRequests = 4

  /// The number of dropped requests.
  package private(set) var dropped: UInt64 = 0
  private var processes: [Asker: Connections] = [:]
  private var turns = Rotation<Asker>()
  /// The connections of all processes.
  private var count = 0
  /// The number of connections that have begun to wait.
  private var arrivals = 0

  /// No requests.
  package init() {}

  /// Whether no request waits.
  package var isEmpty: Bool { processes.isEmpty }

  /// Adds a request.
  ///
  /// - Returns: the requests that are dropped for it.
  @discardableResult
  package mutating func append(_ request: PendingRequest) -> [PendingRequest] {
    let asker = Asker(request)
    var removed: [PendingRequest] = []
    if processes[asker]?.has(request.sender) != true {
      if count == Self.maxPeers {
        guard let other = largest(beside: asker) else { return drop([request]) }
        removed = drop(processes[other]?.removeNewest() ?? [])
        count -= 1
      }
      if processes[asker] == nil { turns.append(asker) }
      count += 1
      arrivals += 1
    }
    let older = processes[asker, default: Connections()].append(request, arrival: arrivals)
    return removed + drop(older)
  }

  private mutating func drop(_ requests: [PendingRequest]) -> [PendingRequest] {
    dropped += UInt64(requests.count)
    return requests
  }

  /// The process with the most connections; nil where none has more than the asker with its new one.
  private func largest(beside asker: Asker) -> Asker? {
    // With one connection each, no process has more than another.
    guard processes.count < Self.maxPeers else { return nil }
    let largest = processes.max {
      ($0.value.count, $0.value.newest) < ($1.value.count, $1.value.newest)
    }
    guard let largest, largest.value.count > (processes[asker]?.count ?? 0) + 1 else { return nil }
    return largest.key
  }

  /// The oldest request of the connection whose turn it is; nil when none waits.
  package mutating func next() -> PendingRequest? {
    guard let asker = turns.next(), let request = processes[asker]?.next() else { return nil }
    if processes[asker]?.has(request.sender) != true { count -= 1 }
    if processes[asker]?.count == 0 {
      processes[asker] = nil
    } else {
      turns.append(asker)
    }
    return request
  }

  /// Takes all requests that wait.
  package mutating func removeAll() -> [PendingRequest] {
    let all = processes.values.flatMap(\.all)
    processes = [:]
    turns = Rotation()
    count = 0
    return all
  }
}

/// The peer to which turns are given.
private enum Asker: Hashable {
  case process(uid: UInt32, pid: Int32)
  /// All peers that conceal themselves share the turns of one.
  case concealed
  case connection(Data)

  init(_ request: PendingRequest) {
    switch request.identity {
    case .process(let peer): self = .process(uid: peer.uid, pid: peer.pid)
    case .concealed: self = .concealed
    case .unproved: self = .connection(request.sender)
    }
  }
}

/// The connections of one process that have requests waiting.
private struct Connections: Sendable {
  private var waiting: [Data: (requests: [PendingRequest], arrival: Int)] = [:]
  private var turns = Rotation<Data>()
  /// The arrival number of its last connection.
  private(set) var newest = 0

  var count: Int { waiting.count }
  var all: [PendingRequest] { waiting.values.flatMap(\.requests) }

  func has(_ sender: Data) -> Bool { waiting[sender] != nil }

  /// - Returns: the request that is dropped for it, if one is.
  mutating func append(_ request: PendingRequest, arrival: Int) -> [PendingRequest] {
    guard var own = waiting[request.sender]?.requests else {
      waiting[request.sender] = ([request], arrival)
      newest = arrival
      turns.append(request.sender)
      return []
    }
    var removed: [PendingRequest] = []
    if request.isFetch, let older = own.firstIndex(where: \.isFetch) {
      removed = [own.remove(at: older)]
    } else if own.count == RequestQueue.maxRequests {
      removed = [own.removeFirst()]
    }
    own.append(request)
    waiting[request.sender]?.requests = own
    return removed
  }

  mutating func next() -> PendingRequest? {
    guard let sender = turns.next() else { return nil }
    let request = waiting[sender]?.requests.removeFirst()
    if waiting[sender]?.requests.isEmpty == true {
      waiting[sender] = nil
    } else {
      turns.append(sender)
    }
    return request
  }

  /// Forgets the connection that began to wait last.
  mutating func removeNewest() -> [PendingRequest] {
    guard let last = waiting.max(by: { $0.value.arrival < $1.value.arrival }) else { return [] }
    waiting[last.key] = nil
    turns.remove(last.key)
    return last.value.requests
  }
}

/// Takes keys in turns: one that is added comes after all that wait.
private struct Rotation<Key: Hashable & Sendable>: Sendable {
  /// The keys whose turn it is in this round, the next one last.
  private var round: [Key] = []
  /// The keys of the round after it.
  private var nextRound: [Key] = []

  mutating func append(_ key: Key) {
    nextRound.append(key)
  }

  mutating func next() -> Key? {
    if round.isEmpty {
      round = nextRound.reversed()
      nextRound = []
    }
    return round.popLast()
  }

  mutating func remove(_ key: Key) {
    round.removeAll { $0 == key }
    nextRound.removeAll { $0 == key }
  }
}
