import Courier
import Events
import FoundationEssentials
import Journal
import Runtime

/// The status of one service, and what in it requires an operator.
struct ServiceStatus: Hashable, Encodable, Sendable {
  let service: String
  let address: String
  /// The replica that answers there; absent where the service was asked at one address.
  var replica: String?
  /// The reason for which it does not answer; absent when it does.
  var unreachable: String?
  /// Whether it is ready; absent when it does not answer.
  var isReady: Bool?
  /// The findings that require an operator, with a command where there is one.
  var needs: [String] = []
  /// The conditions of the machine that need attention, such as little space; absent without any.
  var attention: [String]?
  /// The document of `/api/bus`; absent when the service does not answer.
  var bus: Bus?
  /// What its metrics say; absent where they are turned off.
  var vitals: Vitals?
  /// The events/s of its log; absent without an earlier look.
  var eventsPerSecond: Double?
  /// When its log's head was read, by this process's clock.
  var lookedAt: Duration?

  private enum CodingKeys: String, CodingKey {
    case service, address, replica, unreachable
    case isReady = "ready"
    case needs, attention, bus, vitals, eventsPerSecond
  }

  /// As `/api/bus` shows it; a newer service may show more.
  struct Bus: Hashable, Codable, Sendable {
    let stream: Stream
    let subscriptions: [Following]
    let consumers: [Consumer]
    let deadLetters: Int
    let journal: JournalFiles?
    /// Requests of peers that were refused, and that were dropped because too many waited.
    let refused: UInt64?
    let dropped: UInt64?
    /// The version of the program.
    let version: String?
    /// The name of the process among the replicas of the service, and which replica does what.
    let replica: String?
    let roles: [HeldRole]?
  }

  struct Stream: Hashable, Codable, Sendable {
    let name: String
    let epoch: String
    let head: UInt64
    let floor: UInt64
    let lost: String?
    /// Seconds, where the time of the last event is ahead of the clock.
    let aheadOfClock: Int64?
  }

  struct JournalFiles: Hashable, Codable, Sendable {
    /// The length of the write-ahead log.
    let logBytes: UInt64?
    /// Since when it cannot shrink, and which process reads an old state.
    let logHeldSince: String?
    let logHolder: String?
  }

  struct Following: Hashable, Codable, Sendable {
    let stream: String
    let cursor: UInt64
    let head: UInt64?
    let lag: UInt64?
    let state: String
    /// The other replica that follows it; absent where the one that answers does.
    let replica: String?
    let reason: String?
    let gaps: UInt64?
    let recovered: UInt64?
    let duplicates: UInt64?
    let deadLetters: Int?
    let unknown: UInt64?
    let lacks: [LackedVersion]?
  }

  struct Consumer: Hashable, Codable, Sendable {
    let name: String
    let cursor: UInt64
    let lag: UInt64
    let seenAt: Timestamp?
  }

  init(_ service: String, at address: String, unreachable reason: String) {
    self.service = service
    self.address = address
    unreachable = reason
  }

  /// - Parameters:
  ///   - ready: the document of `/readyz`.
  ///   - document: the document of `/api/bus`.
  ///   - vitals: what its metrics say.
  init(
    _ service: String, at address: String, ready: JSONValue, bus document: JSONValue,
    vitals: Vitals? = nil
  ) {
    self.service = service
    self.address = address
    isReady = ready["status"]?.string == "ready"
    let bytes = try? document.json()
    bus = bytes.flatMap { try? Bus(json: $0) }
    self.vitals = vitals
    attention = ready["attention"]?.items.compactMap(\.string)
    needs =
      Self.needs(of: service, reasons: ready["reasons"]?.items ?? [], bus)
      + (vitals?.needs ?? [])
  }

  private static func needs(of service: String, reasons: [JSONValue], _ bus: Bus?) -> [String] {
    guard let bus else { return ["\(service) sent a document that this version cannot read"] }
    var needs = reasons.compactMap(\.string)
    for following in bus.subscriptions {
      needs += following.needAtReplica.map { [$0] } ?? []
      needs += (following.lacks ?? []).filter { !$0.isReadable }
        .map { $0.sentence(stream: following.stream, consumer: service) }
    }
    if bus.stream.lost != nil {
      // The command is certain only now; the reason above has the finding.
      needs.append(
        """
        put \(service)'s newer journal back, or accept this one: \
        eventually restore \(service) --accept
        """)
    }
    if bus.deadLetters > 0 {
      let letters = bus.deadLetters == 1 ? "1 dead letter" : "\(bus.deadLetters) dead letters"
      needs.append("\(letters): eventually dead-letters list \(service)")
    }
    return needs
  }
}

extension ServiceStatus {
  /// The status with the events/s since an earlier one; without them where the log has another
  /// history.
  func withRate(since earlier: ServiceStatus) -> ServiceStatus {
    guard let stream = bus?.stream, let before = earlier.bus?.stream,
      stream.epoch == before.epoch, stream.head >= before.head,
      let lookedAt, let then = earlier.lookedAt, lookedAt > then
    else { return self }
    var status = self
    let rate = Double(stream.head - before.head) / ((lookedAt - then) / .seconds(1))
    status.eventsPerSecond = (rate * 10).rounded() / 10
    return status
  }
}

// MARK: For people

extension ServiceStatus {
  /// Its streams and what is out of the ordinary, a line each.
  var details: [String] {
    guard let bus else { return [] }
    let lines =
      bus.replicas + bus.subscriptions.map(\.line) + bus.consumers.map(\.line)
      + (attention ?? []).map { "  \($0)" } + bus.remarks(showsClock: attention == nil)
    guard !lines.isEmpty else { return [] }
    let heading = "\(name): floor \(bus.stream.floor), epoch \(bus.stream.epoch)"
    return ([heading] + lines).map(\.escapedForTerminal)
  }
}

extension ServiceStatus.Bus {
  /// What this replica and the others do; none where the service has one process.
  fileprivate var replicas: [String] {
    guard let replica, let roles else { return [] }
    let others = Dictionary(grouping: roles, by: \.replica).sorted { $0.key < $1.key }
    return ["  replica \(replica) answers" + (version.map { ", version \($0)" } ?? "")]
      + others.map { name, roles in
        "  replica \(name) does: \(roles.map(\.role).joined(separator: ", "))"
      }
  }

  /// Facts that need no decision, as far as they are out of the ordinary.
  ///
  /// - Parameter showsClock: whether the clock is not among what needs attention.
  fileprivate func remarks(showsClock: Bool) -> [String] {
    var remarks: [String] = []
    if showsClock, let seconds = stream.aheadOfClock, seconds > 0 {
      remarks.append("  the log's time is \(seconds) s ahead of the clock: check the clock")
    }
    if let since = journal?.logHeldSince {
      let size = journal?.logBytes.map { ", \($0 >> 20) MiB," } ?? ""
      let holder = journal?.logHolder.map { " by \($0)" } ?? ""
      remarks.append("  the write-ahead log\(size) is held\(holder) since \(since)")
    }
    for case (let name, let count?) in [("refused", refused), ("dropped", dropped)] where count > 0
    {
      remarks.append("  requests of peers \(name): \(count)")
    }
    return remarks
  }
}

extension ServiceStatus.Following {
  /// What keeps the other replica that follows it from going on; nil for one that goes on, or waits.
  ///
  /// The replica that answers has it not among its own reasons.
  fileprivate var needAtReplica: String? {
    guard let replica, let reason, state == "stopped" || state == "catchingUp" else { return nil }
    return "\(stream) is \(state) at replica \(replica): \(reason)"
  }

  fileprivate var line: String {
    let place = head.map { "at \(cursor) of \($0)" } ?? "at \(cursor)"
    var line = "  follows \(stream.padded(to: 10))\(state.padded(to: 12)) \(place)"
    if let lag, lag > 0 { line += ", \(lag) behind" }
    if let replica { line += ", by replica \(replica)" }
    let counts = [
      ("gaps", gaps), ("recovered", recovered), ("duplicates", duplicates),
      ("dead letters", deadLetters.map(UInt64.init)),
    ]
    for case (let name, let count?) in counts where count > 0 { line += ", \(name) \(count)" }
    return line
  }
}

extension ServiceStatus.Consumer {
  fileprivate var line: String {
    var line = "  read by \(name.padded(to: 10))at \(cursor)"
    if lag > 0 { line += ", \(lag) behind" }
    return line + (seenAt.map { ", seen \($0)" } ?? ", never seen")
  }
}
