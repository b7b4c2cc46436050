import Daemon
import Journal

/// One service and its journal: what lasts when its processes end.
///
/// Several replicas have their journal on a database server, which keeps running when one of them ends.
final class Node {
  let service: Service
  let machine: Machine
  let disk = Disk()
  /// The server of the database, where several replicas share it.
  let server = Server()
  private let values: [String: String]
  private(set) var configuration: ServiceConfiguration
  /// The versions that it publishes in the place of the newest, since its last start or from its
  /// next one on.
  private(set) var pins: [String: UInt16] = [:] {
    didSet { wasEverPinned = wasEverPinned || !pins.isEmpty }
  }
  private(set) var wasEverPinned = false
  /// Whether it runs a build from before the newest versions, now or from its next start on.
  var isOldBuild = false
  /// The journal as its process sees it.
  private(set) var store: MemoryStore
  /// The checker's model of its content.
  var model: NodeModel
  /// The state after a power cut, when the last commits are not on disk yet.
  var unsynced: Snapshot?
  var backups: [Snapshot] = []
  /// How many replicas of the service there are.
  let replicas: Int
  /// Whether the replicas take roles; otherwise each has all of them at once.
  let takesRoles: Bool
  /// The number of the process that has done the work of a role last.
  var lastHolders: [Role: Int] = [:]
  /// The replicas that run, in the order of their starts.
  var processes: [ServiceProcess] = []
  /// The replica that has run for the longest time.
  var process: ServiceProcess? { processes.first }
  /// How often a process was started.
  var starts = 0
  /// Whether a fault holds the service down.
  var isHeld = false
  /// The time that it works at each input; zero for as fast as it can.
  var pace: UInt64 = 0
  /// Until then its reactions fail.
  var failsUntil: Moment = 0 {
    didSet { hasFailed = true }
  }
  /// Until then its reactions fail for every product that no operator has edited.
  var refusesProductsUntil: Moment = 0 {
    didSet { hasFailed = true }
  }
  /// Until then it cannot store the gateway's answers for some orders.
  var refusesAnswersUntil: Moment = 0 {
    didSet { hasFailed = true }
  }
  /// Until then a replica's session may end in a commit, whose answer is then lost.
  var losesAnswersUntil: Moment = 0
  /// Until then the next holder of a role that commits stands still in its transaction; zero for none.
  var stopsInTransactionUntil: Moment = 0
  /// Whether its journal, or a backup of it, may hold what makes reactions fail.
  private(set) var hasFailed = false
  /// How it is killed next.
  var kill: Kill?
  /// Its history is the raw copy of an older one, and it may not know that yet.
  var isRawCopy = false
  /// Its journal was ever another than the one that its process left.
  var hasOtherHistory = false

  /// The wall clock at the last restore.
  var latestRestore: UInt64 = 0

  struct Kill {
    let point: CrashPoint
    let downFor: UInt64
    let powerCutAfter: UInt64?
  }

  init(
    _ service: Service, _ machine: Machine, values: [String: String], replicas: Int = 1,
    takesRoles: Bool = false
  ) throws {
    self.service = service
    self.replicas = replicas
    self.takesRoles = takesRoles
    self.machine = machine
    self.values = values
    configuration = try ServiceConfiguration(of: service.room, values: values)
    store = try MemoryStore()
    model = NodeModel(service)
    watch()
  }

  /// Publishes other versions from its next start on.
  func pin(_ pins: [String: UInt16]) throws {
    let list = pins.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    self.pins = pins
    configuration = try ServiceConfiguration(
      of: service.room,
      values: values.merging(["pins": list.joined(separator: ",")]) { $1 })
  }

  func snapshot(at moment: Moment) throws -> Snapshot {
    Snapshot(at: moment, store: try store.copy(), model: model)
  }

  /// Puts an older state of the journal in the place of the present one.
  ///
  /// - Parameter isKept: whether the snapshot is needed again.
  func put(_ snapshot: Snapshot, isKept: Bool = false) throws {
    store = isKept ? try snapshot.store.copy() : snapshot.store
    model = snapshot.model
    unsynced = nil
    watch()
  }

  private func watch() {
    store.beforeCommit { [disk, server] in
      try server.commit()
      try disk.commit()
    }
    store.aroundTransactions(
      begin: { [server] in try server.begin() }, answer: { [server] in try server.answer() })
  }
}
