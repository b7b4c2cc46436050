import Charlie
import Courier
import Events
import FoundationEssentials
import Journal

/// One run: four services, the network between them, the people, the faults, and the checker, in one
/// thread and by one clock.
final class World {
  let plan: Plan
  let clock = SimulatedClock()
  let coverage = Coverage()
  let trace: Trace
  let checker: Checker
  let network: Network
  let gateway: EmbeddedGateway
  private let books: any Engine
  private(set) lazy var gatewayMachine = GatewayMachine(gateway, books: books, in: self)
  private(set) var nodes: [Node] = []
  private var queue = EventQueue()
  private var random: Randomness
  private(set) lazy var supervisor = Supervisor(self)
  var customers: [Customer] = []
  /// Faults have stopped, and customers too.
  var isCalm: Bool { calmedAt != nil }
  /// The time at which faults stopped.
  private(set) var calmedAt: Moment?
  /// How many things have happened.
  private(set) var steps = 0

  init(_ plan: Plan, isTraced: Bool) throws {
    self.plan = plan
    trace = Trace(clock, isKept: isTraced)
    checker = Checker(trace, coverage)
    network = Network(seed: plan.seed, clock: clock, coverage: coverage)
    let books = try SQLiteEngine.inMemory(label: "the gateway's books")
    self.books = books
    gateway = EmbeddedGateway(.engine(books))
    random = Randomness(plan.seed, for: "world")
    nodes = try Service.allCases.map { service in
      let random = Randomness(plan.seed, for: "machine \(service.rawValue)")
      let values = service == .alpha ? ["approval": plan.approval] : [:]
      return try Node(
        service, Machine(clock, random: random), values: values,
        replicas: plan.replicated.contains(service) ? 2 : 1,
        takesRoles: plan.replicated.contains(service) && plan.takesRoles)
    }
  }

  func node(_ service: Service) -> Node {
    nodes[Service.allCases.firstIndex(of: service) ?? 0]
  }

  /// Ends the run: what is planned holds the world, and is let go.
  func end() {
    queue.removeAll()
    for process in nodes.flatMap(\.processes) { process.end() }
  }

  // MARK: Time

  func plan(after delay: UInt64, _ work: @escaping EventQueue.Work) {
    queue.plan(at: clock.now + delay, work)
  }

  func plan(at moment: Moment, _ work: @escaping EventQueue.Work) {
    queue.plan(at: max(moment, clock.now), work)
  }

  func calm() {
    calmedAt = clock.now
  }

  /// Lets everything happen that is due until a moment.
  ///
  /// - Parameter isDone: asked now and then; the run ends early where it holds.
  func run(until end: Moment) throws {
    var isOver = false
    queue.plan(at: end) { isOver = true }
    while !isOver, let next = queue.next() {
      clock.advance(to: next.at)
      steps += 1
      try next.work()
    }
  }

  // MARK: Messages

  /// Sends a message to a process of a service.
  func send(
    _ frames: [Data], _ channel: Network.Channel, from sender: Service, to receiver: Service,
    process number: Int
  ) {
    let link = Link(from: sender, to: receiver)
    for arrival in network.arrivals(on: link, channel) {
      plan(at: arrival) { [self] in
        guard let process = node(receiver).processes.first(where: { $0.number == number }) else {
          return network.taken(from: link, channel)
        }
        process.receive(frames, channel, from: sender)
      }
    }
  }

  /// Asks a service's log, of any replica.
  func ask(_ frames: [Data], of publisher: Service, from process: ServiceProcess) {
    let link = Link(from: process.service, to: publisher)
    let asker = Asker(process.service, process: process.number)
    for arrival in network.arrivals(on: link, .questions) {
      plan(at: arrival) { [self] in
        guard let answering = replica(of: publisher, where: \.isBound) else {
          return network.taken(from: link, .questions)
        }
        try answering.ask(frames, by: asker)
      }
    }
  }

  /// A replica of a service that runs; nil where none does.
  func replica(
    of service: Service, where isMeant: (ServiceProcess) -> Bool = { _ in true }
  ) -> ServiceProcess? {
    let replicas = node(service).processes.filter(isMeant)
    return replicas.count > 1 ? random.pick(replicas) : replicas.first
  }

  /// A follower connects and subscribes, if both are there and no obstacle is between them;
  /// otherwise the connection is tried again when the obstacle has gone.
  func connect(_ follower: Service, to publisher: Service) {
    let way = 1000 + random.next() % 100_000
    plan(after: way) { [self] in
      guard !network.isCut(between: follower, and: publisher) else { return }
      for number in node(follower).processes.map(\.number) {
        for process in node(publisher).processes where process.isBound {
          process.later(0) { try process.subscribed(by: Asker(follower, process: number)) }
        }
      }
    }
  }

  /// A link is repaired, and disconnected peers connect again.
  func mend(_ link: Link) {
    network.mend(link)
    for (follower, publisher) in [(link.from, link.to), (link.to, link.from)]
    where follower.follows.contains(publisher) {
      connect(follower, to: publisher)
    }
  }

  /// A process has ended, or follows some streams no more: publishers notice.
  func disconnected(_ process: ServiceProcess, from publishers: [Service]) {
    for publisher in publishers {
      plan(after: random.next() % 50_000) { [self] in
        let follower = Asker(process.service, process: process.number)
        for publishing in node(publisher).processes { try publishing.lost(follower) }
      }
    }
  }
}
