import Courier
import Events
import HTTPTypes
import Journal
import Runtime

/// The paths that probes ask every few seconds.
let probePaths: Set<String> = ["/healthz", "/readyz", metricsPath]

/// The path that Prometheus asks.
let metricsPath = "/metrics"

/// The routes of probes, on the main listener and on the socket for probes.
///
/// - Parameter readiness: how ready the service is now.
func probeRoutes(_ readiness: @escaping @Sendable () -> Readiness.State) -> [Route] {
  [
    .plain("/healthz") { _ in try .json(["status": "alive"]) },
    .plain("/readyz") { _ in try readiness().response() },
  ]
}

/// The routes of every service, without those of ``operatorRoutes(_:)``.
///
/// - Parameters:
///   - assembly: the service.
///   - readiness: how ready it is; by its assembly alone where it is nil.
///   - droppedLines: the number of log lines that were dropped.
///   - operatorSocket: the path of the socket on which those are served, and beside which they are
///     refused; nil where there is none.
func commonRoutes(
  _ assembly: Assembly, readiness: Readiness? = nil,
  droppedLines: @escaping @Sendable () -> Int = { 0 }, operatorSocket: String? = nil
) -> [Route] {
  let readiness = readiness ?? Readiness(assembly)
  let scrape = assembly.metrics.map {
    Scrape(
      metrics: $0, readiness: { readiness.now }, assembly: assembly, space: readiness.space,
      droppedLines: droppedLines)
  }
  let routes =
    probeRoutes { readiness.now } + (scrape.map { [$0.route] } ?? []) + [
      busRoute(assembly, operatorSocket: operatorSocket)
    ] + deadLetterRoutes + [.changes]
  let refusals = operatorSocket.map { socket in
    operatorRoutes(assembly).map { $0.onlyForOperators(of: assembly.journal.stream, at: socket) }
  }
  let pages = assembly.pages.map {
    PageAsset.routes + HealthPages(look: $0, assembly: assembly).routes
  }
  return routes + (pages ?? []) + [OpenAPIDocument.route(describing: routes + assembly.routes)]
    + (refusals ?? [])
}

/// The route of the document about the service's stream and the followed streams.
///
/// - Parameters:
///   - assembly: the service.
///   - operatorSocket: the path of the socket for operators; nil where there is none.
func busRoute(_ assembly: Assembly, operatorSocket: String?) -> Route {
  .query("/api/bus") { _, snapshot in
    try .json(BusDocument(snapshot, of: assembly, operatorSocket: operatorSocket))
  }
}

extension Assembly {
  /// All that the service answers, on all of its sockets.
  package var allRoutes: [Route] { commonRoutes(self) + operatorRoutes(self) + routes }
}

/// Whether a service is ready: HTTP listens, its journal is open, every followed stream is as far as
/// the service needs it.
struct Readiness: Sendable {
  private let assembly: Assembly
  private let listener: ListenerState
  /// The space on the journal's disk; nil where it is not measured.
  let space: FreeSpace?

  init(
    _ assembly: Assembly, listener: ListenerState = ListenerState(.listening),
    space: FreeSpace? = nil
  ) {
    self.assembly = assembly
    self.listener = listener
    self.space = space
  }

  /// The present state, from memory: a probe reads no file, and waits for no lock.
  var now: State {
    let subscriptions = assembly.subscriptions()
    let (obstacle, isLost) = journalObstacle
    let damage = assembly.serving?.damage
    let own = [listener.obstacle, obstacle, damage].compactMap(\.self)
    return State(
      reasons: own + subscriptions.compactMap(\.obstacle),
      stopped: subscriptions.count {
        $0.replica == nil && ($0.state == .stopped || $0.isStalled)
      } + (isLost ? 1 : 0) + (damage == nil ? 0 : 1) + (listener.isWaiting ? 1 : 0),
      away: subscriptions.filter { $0.state == .away }.map(\.stream),
      attention: assembly.journal.clockStatus.attention
        + [space?.attention].compactMap(\.self))
  }

  /// The reason for which the journal keeps the service from being ready, and whether an operator
  /// must decide.
  private var journalObstacle: (reason: String?, isLost: Bool) {
    if let obstacle = assembly.journal.obstacle { return ("\(obstacle.error)", false) }
    guard let finding = assembly.journal.lost else { return (nil, false) }
    return ("a part of the service's own history is lost: \(finding)", true)
  }

  struct State: Hashable, Encodable {
    let status: String
    /// The reasons for which it is not ready; absent when it is.
    let reasons: [String]?
    /// Streams whose publisher does not answer.
    ///
    /// They do not affect readiness.
    let away: [String]?
    /// The conditions of the machine that need an operator's attention: its clock, its disk.
    ///
    /// They do not affect readiness.
    let attention: [String]?

    /// Whether it can become no more ready without an operator: the only obstacles are stopped or
    /// stalled streams, a lost or damaged history, or an address in use.
    let isStarted: Bool

    init(reasons: [String], stopped: Int, away: [String], attention: [String] = []) {
      status = reasons.isEmpty ? "ready" : "not ready"
      self.reasons = reasons.isEmpty ? nil : reasons
      self.away = away.isEmpty ? nil : away
      self.attention = attention.isEmpty ? nil : attention
      isStarted = reasons.count == stopped
    }

    private enum CodingKeys: CodingKey {
      case status, reasons, away, attention
    }

    var isReady: Bool { reasons == nil }

    func response() throws -> Response {
      try .json(
        self, status: isReady ? .ok : .serviceUnavailable,
        headers: isReady ? [:] : [.retryAfter: "1"])
    }
  }
}

extension Subscription {
  /// The reason for which this stream keeps the service from being ready; nil where it does not.
  ///
  /// A stopped stream always does, since an operator must look at it; one that another replica follows
  /// is that replica's obstacle.
  fileprivate var obstacle: String? {
    if let replica {
      return isReady ? nil : "\(stream) is not ready: \(reason ?? "replica \(replica) follows it")"
    }
    if state == .stopped { return "\(stream) is stopped: \(reason ?? "its history is another")" }
    guard !isReady else { return nil }
    if isStalled, let reason { return "\(stream): \(reason)" }
    if let reason { return "\(stream) is not ready: \(reason)" }
    return switch state {
    case .catchingUp: "\(stream) is catching up: \(lag.map { "\($0) to go" } ?? "head unknown")"
    case .connecting: "\(stream) has sent no message yet"
    default: "\(stream) is not ready: \(state.rawValue)"
    }
  }
}

/// The document of `/api/bus`: the service's stream and the followed streams.
private struct BusDocument: Encodable {
  let stream: Stream
  let subscriptions: [Following]
  let consumers: [Consumer]
  let deadLetters: Int
  /// The number of peers' requests that were refused since the start; absent where the stream is
  /// not served.
  let refused: UInt64?
  /// The number of peers' requests that were dropped since the start, because too many waited.
  let dropped: UInt64?
  let journal: Journal
  /// The path of the socket for operators; absent where there is none.
  let operatorSocket: String?
  /// The version of this program; absent where no program runs the service.
  let version: String?
  /// The name of this process among the replicas of the service; absent where it has one process.
  let replica: String?
  /// Which replica does what; absent where there are none.
  let roles: [HeldRole]?

  struct Stream: Encodable {
    let name: String
    let epoch: Epoch
    let head: UInt64
    let floor: UInt64
    /// The finding that the service has lost a part of its history; absent without one.
    let lost: String?
    /// By how many seconds the time of the last event is ahead of the clock; absent for less than
    /// five.
    let aheadOfClock: Int64?
  }

  /// The files of the journal.
  struct Journal: Encodable {
    /// The length of the write-ahead log, as it was looked at last, every ten seconds.
    let logBytes: UInt64
    /// Since when it cannot shrink, because a process reads an old state; absent while it can.
    let logHeldSince: Timestamp?
    /// That process, where it is known; absent otherwise.
    let logHolder: String?
  }

  struct Following: Encodable {
    let stream: String
    let cursor: UInt64
    let head: UInt64?
    let lag: UInt64?
    let state: Subscription.State
    /// The other replica that follows it, and shows this at each renewal of its roles; absent where
    /// this process follows it.
    let replica: String?
    let reason: String?
    let gaps: UInt64
    let recovered: UInt64
    let duplicates: UInt64
    let unknown: UInt64
    /// The versions that are published and not known here; absent without any.
    let lacks: [LackedVersion]?
    /// The number of its events that are dead letters.
    let deadLetters: Int

    init(_ subscription: Subscription, in snapshot: Snapshot) throws {
      stream = subscription.stream
      head = subscription.head
      state = subscription.state
      replica = subscription.replica
      reason = subscription.reason
      // The courier's cursor may be a moment ahead of the committed one.
      let cursor = try snapshot.cursor(of: stream).sequence
      self.cursor = cursor
      lag = head.map { $0 - min($0, cursor) }
      let counts = subscription.counts
      gaps = counts.gaps
      recovered = counts.recovered
      duplicates = counts.duplicates
      unknown = counts.unknown
      lacks = subscription.lacks.isEmpty ? nil : subscription.lacks
      deadLetters = try snapshot.deadLetterCount(of: stream)
    }
  }

  struct Consumer: Encodable {
    let name: String
    let cursor: UInt64
    let lag: UInt64
    let seenAt: Timestamp?
  }

  init(_ snapshot: Snapshot, of assembly: Assembly, operatorSocket: String?) throws {
    self.operatorSocket = operatorSocket
    version = assembly.version
    replica = assembly.roles.replica
    roles = try replica.map { _ in try snapshot.heldRoles() }
    refused = assembly.serving?.refused
    dropped = assembly.serving?.dropped
    let log = assembly.journal.logFile
    let head = try snapshot.head()
    stream = Stream(
      name: head.stream, epoch: head.epoch, head: head.sequence, floor: head.floor,
      lost: head.lost, aheadOfClock: head.aheadOfClock(assembly.journal.wallClock))
    journal = Journal(
      logBytes: log.bytes, logHeldSince: log.heldSince, logHolder: log.holder)
    subscriptions = try assembly.subscriptions().map { try Following($0, in: snapshot) }
    consumers = try snapshot.consumers().map {
      Consumer(
        name: $0.name, cursor: $0.cursor, lag: head.sequence - min(head.sequence, $0.cursor),
        seenAt: $0.seenAt)
    }
    deadLetters = try snapshot.deadLetterCount()
  }
}
