package import Journal
package import Logging
package import Runtime
public import ServiceLifecycle
import Synchronization

/// The roles that this process has among the replicas of its service.
///
/// The only process of a service has all of them, always. A replica runs a `RoleProcess` for them until
/// it is shut down, and gives them up then.
public final class Roles: Service {
  /// Nil where the service has one process.
  private let sharing: Sharing?
  private let state = Mutex(State())

  /// What a replica takes its roles with.
  private struct Sharing {
    let replica: String
    let roles: [Role]
    let journal: ServiceJournal
    let runtime: RuntimeContext
    let logger: Logger
  }

  private struct State {
    var held: Set<Role> = []
    /// The roles of the other replicas, as of the last renewal.
    var others: [RoleLease] = []
    /// What this replica shows to the others of its roles.
    var statuses: @Sendable () -> [Role: String] = { [:] }
    /// When they are given up, unless they are renewed.
    var until = Duration.zero
    var lastReader = 0
    var readers: [Int: @Sendable (Set<Role>) -> Void] = [:]
  }

  /// The roles of a service that has one process.
  package static let all = Roles()

  private init() { sharing = nil }

  /// The roles of a replica, which has none at first.
  ///
  /// - Parameters:
  ///   - replica: its name, which no other replica has.
  ///   - journal: the journal that the replicas share.
  ///   - streams: the streams that the service follows.
  package init(
    of replica: String, in journal: ServiceJournal, following streams: [String],
    runtime: RuntimeContext, logger: Logger
  ) {
    sharing = Sharing(
      replica: replica, roles: streams.map(Role.follow) + [.publish, .upkeep, .work],
      journal: journal, runtime: runtime, logger: logger)
  }

  /// The name of the replica; nil where the service has one process.
  package var replica: String? { sharing?.replica }

  /// The replica that has a role, and what it shows of it; nil where none of the others is known to.
  package func lease(of role: Role) -> RoleLease? {
    state.withLock { state in state.others.first { $0.role == role } }
  }

  /// Shows statuses of this replica's roles to the others, from the next renewal on.
  ///
  /// - Parameter statuses: asked for at each renewal.
  func show(_ statuses: @escaping @Sendable () -> [Role: String]) {
    state.withLock { $0.statuses = statuses }
  }

  /// The service that takes them, where there are replicas.
  package var services: [any Service] { replica == nil ? [] : [self] }

  /// Takes roles and renews them, until the graceful shutdown.
  public func run() async throws {
    guard let sharing else { return }
    do {
      try await cancelWhenGracefulShutdown {
        try await withThrowingDiscardingTaskGroup { group in
          group.addTask { try await self.expire(sharing.runtime) }
          group.addTask { try await self.take(sharing) }
        }
      }
    } catch is CancellationError {}
    hold(RoleLeases(own: []))
    // They are free at the end of their lease otherwise.
    try? await sharing.journal.write(patience: .zero) {
      try $0.giveUpRoles(of: sharing.replica)
    }
  }

  private func take(_ sharing: Sharing) async throws {
    try await compareClocks(sharing)
    var driver = Driver(
      RoleProcess(sharing.roles, of: sharing.replica) {
        self.state.withLock(\.statuses)()
      }, journal: sharing.journal, runtime: sharing.runtime)
    try await driver.run { action in
      switch action {
      case .hold(let leases, let until): hold(leases, until: until)
      }
      return nil
    }
  }

  /// Logs that this machine's clock is not the database's, as far as the two can be compared.
  private func compareClocks(_ sharing: Sharing) async throws {
    let asked = sharing.runtime.now()
    guard let shared = try? await sharing.journal.read({ try $0.sharedClock() }) else { return }
    let answered = sharing.runtime.now()
    let allowed = Duration.seconds(1)
    guard shared + allowed < asked || answered + allowed < shared else { return }
    let isAhead = shared < asked
    let seconds = (isAhead ? asked.since(shared) : shared.since(answered)).components.seconds
    sharing.logger.warning(
      """
      the clock of this machine is \(seconds) s \(isAhead ? "ahead of" : "behind") that of the database: \
      set both by one source of time. Roles go by the database's, and stored times by this one's
      """, metadata: ["event.action": "clock"])
  }

  /// Gives the roles up when they were not renewed in time.
  private func expire(_ runtime: RuntimeContext) async throws {
    let waker = Waker()
    while true {
      waker.wake(after: .milliseconds(500))
      await waker.wait()
      try Task.checkCancellation()
      hold(RoleLeases(own: []), ifDueAt: runtime.uptime())
    }
  }

  /// Whether this process does the work of a role now.
  package func has(_ role: Role) -> Bool {
    replica == nil || state.withLock { $0.held.contains(role) }
  }

  /// Runs a body whenever this process has a role, and cancels it when it loses the role.
  ///
  /// It returns when the body does, for example at the graceful shutdown.
  ///
  /// - Throws: an error of the body, or the cancellation of the task.
  package func whileHeld(
    _ role: Role, _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    guard replica != nil else { return try await body() }
    var hasEnded = false
    while !hasEnded {
      try await cancelWhenGracefulShutdown { try await self.wait(until: true, for: role) }
      hasEnded = try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
          try await body()
          return true
        }
        group.addTask {
          try await self.wait(until: false, for: role)
          return false
        }
        defer { group.cancelAll() }
        return try await group.next() ?? true
      }
    }
  }

  private func wait(until isHeld: Bool, for role: Role) async throws {
    for await held in changes() where held.contains(role) == isHeld { return }
    throw CancellationError()
  }

  /// The roles that it has, now and after each change.
  private func changes() -> AsyncStream<Set<Role>> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let reader = read { continuation.yield($0) }
      continuation.onTermination = { [weak self] _ in self?.remove(reader) }
    }
  }

  /// - Parameters:
  ///   - leases: those that it and the others have from now on.
  ///   - end: when they are given up.
  ///   - time: nothing is changed where the present ones are not to be given up at this time.
  private func hold(
    _ leases: RoleLeases, until end: Duration = .zero, ifDueAt time: Duration? = nil
  ) {
    let roles = leases.own
    let old = state.withLock { state in
      if let time, state.until > time { return roles }
      state.until = end
      state.others = leases.others
      guard roles != state.held else { return roles }
      defer { state.held = roles }
      // Under the lock: a new reader gets the roles of before first.
      for read in state.readers.values { read(roles) }
      return state.held
    }
    log(roles.subtracting(old), as: "this replica does now")
    log(old.subtracting(roles), as: "this replica does no more")
  }

  private func log(_ roles: Set<Role>, as beginning: String) {
    guard !roles.isEmpty else { return }
    let names = roles.sorted().map(\.description).joined(separator: ", ")
    sharing?.logger.notice(
      "\(beginning): \(names)", metadata: ["event.action": "roles"])
  }

  /// Calls a closure with the roles that it has, at once and after each change.
  fileprivate func read(_ take: @escaping @Sendable (Set<Role>) -> Void) -> Int {
    state.withLock { state in
      state.lastReader += 1
      state.readers[state.lastReader] = take
      take(state.held)
      return state.lastReader
    }
  }

  fileprivate func remove(_ reader: Int) {
    state.withLock { $0.readers[reader] = nil }
  }
}

extension InputSource {
  /// Whether this process has a role: the last change since the last input is one input.
  init(_ role: Role, of roles: Roles, _ input: @escaping @Sendable (Bool) -> Input) {
    let changes = Mailbox<Bool>()
    let reader = Mutex<Int?>(nil)
    self.init(
      poll: { changes.takeAll().last.map(input) },
      onInput: { arrived in
        changes.onArrival(arrived)
        if let last = reader.withLock({ $0 }) { roles.remove(last) }
        let new = arrived.map { _ in roles.read { changes.append($0.contains(role)) } }
        reader.withLock { $0 = new }
      })
  }
}
