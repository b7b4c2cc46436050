import Charlie
import Courier
import Daemon
import Events
import FoundationEssentials
import Journal
import Synchronization

/// A running service: the real room, journal and processes, on a driver that draws the order in which
/// things happen.
final class ServiceProcess {
  unowned let world: World
  unowned let node: Node
  let assembly: Assembly
  /// Numbers the processes of a node: what was sent to an earlier one arrives nowhere.
  let number: Int
  private(set) var isAlive = true
  var isBound = false
  /// Until then it stands still.
  var resumesAt: Moment = 0
  /// Until then it asks for the outcome of a commit.
  var asksUntil: Moment = 0
  /// Until then it gets no notices of others' commits.
  var hearsAgainAt: Moment = 0
  /// The time of the last renewal of its roles.
  var renewedAt: Moment = 0
  /// When its roles are given up, unless they are renewed.
  var heldUntil = Duration.zero
  /// The processes that have subscribed to its events.
  var subscribers: Set<Asker> = []
  /// The requests that wait at the log's socket.
  var requests = RequestQueue()
  /// The messages of each followed stream that were not read yet.
  var mail: [Service: Mail] = [:]
  /// The calls to the gateway that have ended, and were not taken yet.
  let endedCalls = Mailbox<ChargingProcess.EndedCall>()
  var commits: GroupCommit<Submission>
  /// The callers that wait for the answers to their work.
  var callers: [UInt64: () throws -> Void] = [:]
  /// The time at which the log grew last, by a commit of any replica.
  var loggedAt: Moment = 0
  private var isAwake = false
  let outcomes: NoteBox
  /// Has an item where an event may be deferred after the last commit.
  let possibleDeferrals = Mailbox<Void>()
  private let registration: CommitRegistration
  private let shown = Shown()

  // The processes of the daemon.
  private(set) lazy var answering = makeAnswering()
  private(set) lazy var publishing = makePublishing()
  private lazy var roleTaking = makeRoleTaking()
  // Those whose role it has.
  var upkeep: SimulatedDriver<UpkeepProcess>?
  var charging: SimulatedDriver<ChargingProcess>?
  var following: [(stream: Service, driver: SimulatedDriver<FollowingProcess>)] = []
  /// The roles whose work it does.
  var roles: Set<Role> = []
  /// How often charging was begun: calls of an earlier time are given up.
  var chargingRuns = 0

  /// Messages of the two sockets of a stream.
  struct Mail {
    var heard: [[Data]] = []
    var answered: [[Data]] = []

    var isEmpty: Bool { heard.isEmpty && answered.isEmpty }
  }

  var service: Service { node.service }
  var journal: ServiceJournal { assembly.journal }
  var uptime: Duration { node.machine.runtime.uptime() }

  /// - Parameter outcomes: gets the outcomes of each commit.
  init(_ node: Node, _ assembly: Assembly, outcomes: NoteBox, in world: World) throws {
    self.outcomes = outcomes
    self.node = node
    self.world = world
    commits = GroupCommit(largestGroup: world.plan.limits.group)
    number = node.starts
    registration = assembly.journal.onPossibleDeferral { [possibleDeferrals] in
      possibleDeferrals.append(())
    }
    // The simulation follows itself, and reports the state.
    self.assembly = Assembly(
      journal: assembly.journal, subscriptions: { [shown] in shown.now },
      keepsForever: assembly.keepsForever, routes: assembly.routes, pages: assembly.pages)
    // What is read at once is kept at most: where that is little, the rest of a commit is read.
    assembly.journal.keepCommitted(atMost: world.plan.limits.publishing.events)
  }

  func end() {
    isAlive = false
    node.server.unlock(by: number)
    for request in requests.removeAll() { taken(request) }
    for (stream, mail) in mail {
      let link = Link(from: stream, to: service)
      for _ in mail.heard { world.network.taken(from: link, .events) }
      for _ in mail.answered { world.network.taken(from: link, .answers) }
    }
    mail = [:]
    callers = [:]
  }

  /// All that runs beside the API.
  func begin() throws {
    makeReactionsFail()
    // Before any new event is received, as in a daemon.
    try commitAlone({ [journal] in try journal.retryDeferred() }, then: { [self] in try run() })
  }

  private func run() throws {
    later(node.machine.random() % 5000) { [self] in try bind() }
    if node.takesRoles { try roleTaking.start() } else { try hold(Set(service.roles)) }
  }

  /// Commits at once, as a start does and as an operator's tool does, which are no part of a process.
  func commitAlone(
    _ work: @escaping () throws -> Void, then: @escaping () throws -> Void = {}
  ) throws {
    _ = outcomes.take()
    node.server.write(as: number)
    defer { _ = node.server.report() }
    do {
      try work()
    } catch is HistoryLost {
    } catch let error as JournalError where error.code == .closed {
      // After a commit of unknown result the process ends, and its next start does this.
      return
    } catch let error as JournalError where error.failureKind == .passes {
      _ = node.disk.report()
      return later(.milliseconds(100)) { [self] in try commitAlone(work, then: then) }
    }
    if node.disk.report().commits > 0 { node.unsynced = nil }
    let outcomes = outcomes.take()
    if !outcomes.isEmpty { try world.checker.committed(self, [(.retry, outcomes)]) }
    try then()
  }

  // MARK: Time

  /// Does something a little later, unless the process has ended; while it stands still it waits.
  func later(_ delay: UInt64, _ work: @escaping EventQueue.Work) {
    world.plan(after: delay) { [self] in try run(work) }
  }

  private func run(_ work: @escaping EventQueue.Work) throws {
    guard isAlive else { return }
    if resumesAt > world.clock.now {
      return world.plan(at: resumesAt) { [self] in try run(work) }
    }
    try work()
  }

  // MARK: Sockets

  func receive(_ frames: [Data], _ channel: Network.Channel, from sender: Service) {
    guard following.contains(where: { $0.stream == sender }) else {
      return world.network.taken(from: Link(from: sender, to: service), channel)
    }
    if channel == .events {
      mail[sender, default: Mail()].heard.append(frames)
    } else {
      mail[sender, default: Mail()].answered.append(frames)
    }
    wake()
  }

  /// A call to the gateway has ended.
  ///
  /// - Parameter run: the value of ``chargingRuns`` when it was made.
  func hasEnded(_ call: ChargingProcess.EndedCall, of run: Int) {
    guard run == chargingRuns else { return }
    endedCalls.append(call)
    wake()
  }

  private func wake() {
    guard !isAwake else { return }
    isAwake = true
    later(node.pace + node.machine.random() % 300) { [self] in
      isAwake = false
      try read()
    }
  }

  /// A driver is done with its inputs, and may read what has come meanwhile.
  func isFree() {
    let hasMail = mail.contains { !$0.value.isEmpty } || !endedCalls.isEmpty
    if hasMail || !requests.isEmpty { wake() }
  }

  /// Reads what has come: all of it, or one of each when the service is slow.
  private func read() throws {
    let limit = node.pace == 0 ? Int.max : 1
    if answering.isIdle, let request = requests.next() {
      taken(request)
      try answering.give(.asked(request))
    }
    for (stream, driver) in following where isAlive && driver.isIdle {
      let isHeardFirst = node.machine.random() % 2 == 0
      try read(stream, driver, isHeardFirst ? .events : .answers, limit)
      if isAlive { try read(stream, driver, isHeardFirst ? .answers : .events, limit) }
    }
    if isAlive, let charging, charging.isIdle, !endedCalls.isEmpty {
      try charging.give(.ended(endedCalls.takeAll()))
    }
  }

  private func read(
    _ stream: Service, _ driver: SimulatedDriver<FollowingProcess>, _ channel: Network.Channel,
    _ limit: Int
  ) throws {
    let messages = mail[stream, default: Mail()].take(channel, limit)
    let link = Link(from: stream, to: service)
    for _ in messages { world.network.taken(from: link, channel) }
    guard !messages.isEmpty else { return }
    try driver.give(channel == .events ? .received(messages) : .answered(messages))
  }

  // MARK: The API

  /// Answers a request to the API, unless the process ends before.
  func answer(_ request: Request, at occasion: Occasion, then: @escaping (Response) throws -> Void)
    throws
  {
    shown.now = following.compactMap(\.driver.process.subscription)
    do {
      switch try assembly.allRoutes.step(for: request) {
      case .response(let answer): try then(answer)
      case .stream: try then(look(request))
      case .read(let query): try then(try journal.read(query))
      case .write(let decide):
        submit(
          .request, patience: .seconds(10), decide, occasion: { _ in occasion },
          then: { result in
            switch result {
            case .success(let answer): try then(answer)
            case .failure(let error): try then(.refusal(error, to: request))
            }
          })
      }
    } catch let violation as Violation {
      throw violation
    } catch {
      try then(.refusal(error, to: request))
    }
  }

  /// The answer to a request that only reads.
  func look(_ request: Request) -> Response {
    shown.now = following.compactMap(\.driver.process.subscription)
    return assembly.allRoutes.response(to: request, from: journal)
  }
}

extension ServiceProcess.Mail {
  fileprivate mutating func take(_ channel: Network.Channel, _ limit: Int) -> [[Data]] {
    let messages = (channel == .events ? heard : answered).prefix(limit)
    if channel == .events {
      heard.removeFirst(messages.count)
    } else {
      answered.removeFirst(messages.count)
    }
    return Array(messages)
  }
}

/// Takes the outcomes of commits.
final class NoteBox: Sendable {
  private let outcomes = Mutex<[EventOutcome]>([])

  func append(_ more: [EventOutcome]) {
    outcomes.withLock { $0 += more }
  }

  func take() -> [EventOutcome] {
    outcomes.withLock { outcomes in
      defer { outcomes = [] }
      return outcomes
    }
  }
}

/// The API's view of the followed streams.
private final class Shown: Sendable {
  private let subscriptions = Mutex<[Subscription]>([])

  var now: [Subscription] {
    get { subscriptions.withLock { $0 } }
    set { subscriptions.withLock { $0 = newValue } }
  }
}
