import Charlie
import Courier
import Daemon
import Events
import FoundationEssentials
import Journal
import Synchronization

/// A running service: the real room, journal and state machines, and in the place of the thin
/// shells around them this one, which draws the order in which things happen.
final class ServiceProcess {
  unowned let world: World
  unowned let node: Node
  let assembly: Assembly
  /// Numbers the processes of a node: what was sent to an earlier one arrives nowhere.
  let number: Int
  private(set) var isAlive = true
  var isBound = false
  var publication: Publication
  /// Who has subscribed, with the number of the process that did.
  var subscribers: [Service: Int] = [:]
  var following: [Following]
  var charging = Charging(concurrency: 8)
  var questions = RequestQueue()
  private var isAwake = false
  private let commits = CommitBox()
  private let shown = Shown()

  var service: Service { node.service }
  var journal: ServiceJournal { assembly.journal }

  init(_ node: Node, _ assembly: Assembly, in world: World) throws {
    (self.node, self.world, number) = (node, world, node.starts)
    // The simulation follows by itself, and says how that stands.
    self.assembly = Assembly(
      journal: assembly.journal, subscriptions: { [shown] in shown.now },
      keepsForever: assembly.keepsForever, routes: assembly.routes, pages: assembly.pages)
    publication = Publication(
      try assembly.journal.read { try $0.head() },
      catalogue: assembly.journal.publishing.catalogue)
    let uptime = node.machine.surroundings.uptime()
    following = try node.service.follows.map { stream in
      let cursor = try assembly.journal.read { try $0.cursor(of: stream.rawValue) }
      return Following(
        stream, as: node.service, from: cursor, reading: assembly.journal.reactions, at: uptime)
    }
    assembly.journal.observe { [commits] in commits.append($0) }
  }

  func end() {
    isAlive = false
    for request in questions.removeAll() { taken(request) }
    for following in following {
      let link = Link(from: following.stream, to: service)
      for _ in following.heard { world.network.taken(from: link, .events) }
      for _ in following.answered { world.network.taken(from: link, .answers) }
    }
  }

  // MARK: Time

  /// Does something a little later, unless the process has ended; while it stands still it waits.
  func later(_ delay: UInt64, _ work: @escaping EventQueue.Work) {
    world.plan(after: delay) { [self] in try run(work) }
  }

  private func run(_ work: @escaping EventQueue.Work) throws {
    guard isAlive else { return }
    if node.resumesAt > world.clock.now {
      return world.plan(at: node.resumesAt) { [self] in try run(work) }
    }
    try work()
  }

  func every(_ interval: UInt64, _ work: @escaping EventQueue.Work) {
    later(interval) { [self] in
      every(interval, work)
      try work()
    }
  }

  func wake() {
    guard !isAwake else { return }
    isAwake = true
    later(node.pace + node.machine.random() % 300) { [self] in
      isAwake = false
      try read()
      if hasMail { wake() }
    }
  }

  private var hasMail: Bool {
    !questions.isEmpty || following.contains { !$0.heard.isEmpty || !$0.answered.isEmpty }
  }

  /// Reads what has come: all of it, or one of each when the service is slow.
  private func read() throws {
    let limit = node.pace == 0 ? Int.max : 1
    try answerQuestions(limit)
    for index in following.indices where isAlive {
      if node.machine.random() % 2 == 0 {
        try hear(index, limit)
        if isAlive { try takeAnswers(index, limit) }
      } else {
        try takeAnswers(index, limit)
        if isAlive { try hear(index, limit) }
      }
    }
  }

  // MARK: Commits

  /// Does work that may commit; nil when the process did not live to tell.
  func commit<Value>(_ occasion: Occasion, _ work: () throws -> Value) throws -> Value? {
    let kill = node.kill.flatMap { $0.point.mayStrike(at: occasion) ? $0 : nil }
    let before = try kill.map { _ in try node.snapshot(at: world.clock.now) }
    let facts = kill.map { _ in world.checker.facts }
    let result = Result(catching: work)
    let (disk, commits) = (node.disk.report(), commits.take())
    if disk.commits > 0 { node.unsynced = nil }
    if disk.refusal != nil {
      world.coverage.hit(.diskFull)
      world.supervisor.died(node, "its disk is full", downFor: .seconds(1))
      return try? result.get()
    }
    let value: Value
    do {
      value = try result.get()
    } catch let error where error is StaleCursor || error is HistoryLost {
      throw error
    } catch {
      throw Violation(.noFailure, "\(service.rawValue) at \(occasion): \(error)")
    }
    guard !commits.isEmpty else { return value }
    try world.checker.committed(self, commits, at: occasion)
    if let kill, let before, let facts, disk.commits > 0, strikes(kill.point, occasion, commits) {
      if kill.point == .beforeCommit { world.checker.facts = facts }
      try world.supervisor.strike(node, kill, before: before)
      return nil
    }
    later(node.machine.random() % 2000) { [self] in try publish() }
    if service == .charlie { later(node.machine.random() % 2000) { [self] in try charge() } }
    return value
  }

  /// Acknowledgements and pruning are most of all commits, and the least of all that can go wrong.
  private func strikes(
    _ point: CrashPoint, _ occasion: Occasion, _ commits: [ServiceJournal.Commit]
  ) -> Bool {
    switch (occasion, point) {
    case (.acknowledge, _): node.machine.random() % 5 == 0
    case (.compaction, .compaction): true
    case (.compaction, _): node.machine.random() % 5 == 0
    default: point.strikes(occasion, commits)
    }
  }

  /// Answers a request to the API; nil when the process did not live to answer.
  func answer(_ call: Call, at occasion: Occasion = .request) throws -> Answer? {
    shown.now = following.map(\.follower.subscription)
    return try commit(occasion) { assembly.allRoutes.answer(call, from: journal) }
  }
}

/// What a commit is made for.
enum Occasion: CustomStringConvertible {
  case start
  case apply(Service, [Record], through: Cursor)
  case acknowledge
  case request
  case deadLetter
  case reset(Service)
  case charge
  case retry
  case compaction

  var description: String {
    switch self {
    case .start: "start"
    case .apply(let stream, let records, _): "apply \(records.count) of \(stream.rawValue)"
    case .acknowledge: "acknowledge"
    case .request: "request"
    case .deadLetter: "dead letter"
    case .reset(let stream): "reset of \(stream.rawValue)"
    case .charge: "charge"
    case .retry: "retry"
    case .compaction: "compaction"
    }
  }
}

extension CrashPoint {
  /// Whether the point may be met at this occasion.
  func mayStrike(at occasion: Occasion) -> Bool {
    switch (self, occasion) {
    case (.beforeCommit, _), (.midCommit, _), (.afterCommit, _): true
    case (.compaction, .compaction): true
    case (.deadLetterMove, .deadLetter), (.deadLetterMove, .apply), (.deadLetterMove, .retry):
      true
    default: false
    }
  }

  /// Whether it was met by these commits.
  func strikes(_ occasion: Occasion, _ commits: [ServiceJournal.Commit]) -> Bool {
    guard self == .deadLetterMove else { return true }
    if case .deadLetter = occasion { return true }
    return commits.contains { commit in
      commit.notes.contains { if case .dead = $0.kind { true } else { false } }
    }
  }
}

/// Takes what the journal tells its observers.
private final class CommitBox: Sendable {
  private let commits = Mutex<[ServiceJournal.Commit]>([])

  func append(_ commit: ServiceJournal.Commit) {
    commits.withLock { $0.append(commit) }
  }

  func take() -> [ServiceJournal.Commit] {
    commits.withLock { commits in
      defer { commits = [] }
      return commits
    }
  }
}

/// What the API says of the followed streams.
private final class Shown: Sendable {
  private let subscriptions = Mutex<[Subscription]>([])

  var now: [Subscription] {
    get { subscriptions.withLock { $0 } }
    set { subscriptions.withLock { $0 = newValue } }
  }
}
