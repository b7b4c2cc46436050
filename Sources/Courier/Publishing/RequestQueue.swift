package import FoundationEssentials

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
    let first = frames.prefix(Request.frameCount + 1)
    let size = first.reduce(0) { $0 + $1.count }
    guard size > Request.maxBytes, let longest = first.max(by: { $0.count < $1.count }) else {
      self.frames = Array(first)
      return
    }
    let rest = max(0, Request.maxBytes + 1 - longest.count)
    self.frames = [
      Data(longest.prefix(Request.maxBytes + 1)) + Data(count: min(rest, Request.maxBytes))
    ]
  }

  fileprivate var isFetch: Bool { frames.first == Data("FETCH".utf8) }
}

/// The requests that wait for an answer: a few of each peer, taken from the peers in turns.
///
/// A peer that sends more than it waits for costs only itself: its newest FETCH takes the place of
/// the one before, and of its other requests the oldest is dropped. Memory is bounded by
/// peers, by requests and by bytes.
package struct RequestQueue: Sendable {
  /// So many peers may wait at once.
  package static let maxPeers = 1024
  /// So many requests of one peer may wait.
  package static let maxRequests = 4

  /// How many requests were dropped.
  package private(set) var dropped: UInt64 = 0
  private var waiting: [Data: [PendingRequest]] = [:]
  /// The peers whose turn it is in this round, the next one last.
  private var round: [Data] = []
  /// The peers of the round after it.
  private var nextRound: [Data] = []

  /// No requests.
  package init() {}

  /// Whether no request waits.
  package var isEmpty: Bool { waiting.isEmpty }

  /// A request has come.
  ///
  /// - Returns: the request that is dropped for it, if one is.
  @discardableResult
  package mutating func append(_ request: PendingRequest) -> PendingRequest? {
    guard var own = waiting[request.sender] else {
      guard waiting.count < Self.maxPeers else { return drop(request) }
      waiting[request.sender] = [request]
      nextRound.append(request.sender)
      return nil
    }
    var removed: PendingRequest?
    if request.isFetch, let older = own.firstIndex(where: \.isFetch) {
      removed = drop(own.remove(at: older))
    } else if own.count == Self.maxRequests {
      removed = drop(own.removeFirst())
    }
    own.append(request)
    waiting[request.sender] = own
    return removed
  }

  private mutating func drop(_ request: PendingRequest) -> PendingRequest {
    dropped += 1
    return request
  }

  /// The oldest request of the peer whose turn it is; nil when none waits.
  package mutating func next() -> PendingRequest? {
    if round.isEmpty {
      round = nextRound.reversed()
      nextRound = []
    }
    guard let sender = round.popLast(), var own = waiting[sender] else { return nil }
    let request = own.removeFirst()
    if own.isEmpty {
      waiting[sender] = nil
    } else {
      waiting[sender] = own
      nextRound.append(sender)
    }
    return request
  }

  /// Takes all requests that wait.
  package mutating func removeAll() -> [PendingRequest] {
    let all = waiting.values.flatMap { $0 }
    waiting = [:]
    round = []
    nextRound = []
    return all
  }
}
