// What befalls one replica, its session or the holder of a role.

import Courier
import Daemon
import Journal

extension World {
  func perform(_ fault: ReplicaFault, on node: Node, until end: Moment) {
    guard node.replicas > 1 else { return }
    switch fault {
    case .losesAnswers: node.losesAnswersUntil = end
    case .stopsInTransaction: node.stopsInTransactionUntil = end
    case .stops:
      let holder = node.processes.max { $0.roles.count < $1.roles.count }
      guard let holder, !holder.roles.isEmpty else { return }
      coverage.hit(.stoppedHolder)
      holder.resumesAt = max(holder.resumesAt, end)
    case .hearsNothing:
      let publisher = node.processes.first { $0.roles.contains(.publish) }
      publisher?.hearNothing(until: end)
    }
  }
}

extension ServiceProcess {
  // MARK: A holder that stands still

  /// Stops with the journal's lock, if that is to happen to the next holder of roles that commits.
  func stopsInTransaction() -> Bool {
    let end = node.stopsInTransactionUntil
    guard end > world.clock.now, !roles.isEmpty else { return false }
    node.stopsInTransactionUntil = 0
    resumesAt = max(resumesAt, end)
    node.server.lock(by: number)
    world.coverage.hit(.stoppedHolder)
    world.coverage.hit(.stoppedWithLock)
    // PostgreSQL does so by `idle_in_transaction_session_timeout`.
    world.plan(after: .seconds(10)) { [self] in
      if node.server.endSession(of: number) { world.coverage.hit(.sessionEnded) }
    }
    return true
  }

  /// Another replica has the roles of one that stands still after its lease.
  func countTaken(from last: Int) {
    let holder = node.processes.first { $0.number == last }
    if let holder, holder.resumesAt > world.clock.now { world.coverage.hit(.takenFromStopped) }
  }

  // MARK: Leases

  /// Does the work of these roles until then, unless they are renewed.
  func hold(_ new: Set<Role>, until end: Duration) throws {
    try hold(new)
    heldUntil = end
    guard !new.isEmpty else { return }
    renewedAt = world.clock.now
    later(UInt64(max(end - uptime, .zero) / .microseconds(1))) { [self] in
      if heldUntil <= uptime { try hold([]) }
    }
  }

  /// Roles that are not renewed are given up before another replica may take them.
  func checkLease() throws {
    let now = world.clock.now
    guard node.takesRoles, !roles.isEmpty, resumesAt + .seconds(1) < now else { return }
    try require(
      now <= renewedAt + .seconds(5), .leases,
      "\(service.rawValue) has renewed no role since \(renewedAt.asSeconds)s, and does the work of "
        + roles.sorted().map(\.description).joined(separator: ", "), [service.rawValue])
  }

  // MARK: Answers that are lost

  /// The fate of the next commit; nil where its answer comes.
  func drawLoss() -> Server.Loss? {
    guard node.losesAnswersUntil > world.clock.now, node.machine.random() % 4 == 0 else {
      return nil
    }
    let fate = node.machine.random() % 10
    return fate == 0 ? .unanswered : fate < 5 ? .stored : .notStored
  }

  /// Goes on when the question for the outcome of a commit was answered; at once without one.
  func afterQuestion(
    about incident: Server.Incident?, _ work: @escaping EventQueue.Work
  ) throws {
    guard case .lost(let loss)? = incident else { return try work() }
    world.coverage.hit(.lostAnswer)
    let isLong = node.machine.random() % 3 == 0
    let time = node.machine.random() % (isLong ? .seconds(10) : .milliseconds(500))
    switch loss {
    case .stored: world.coverage.hit(.answerLostStored)
    case .notStored: world.coverage.hit(.answerLostUnstored)
    case .unanswered: break
    }
    let pause = loss == .unanswered ? .seconds(10) : time
    asksUntil = world.clock.now + pause
    later(pause, work)
  }

  // MARK: Notices that are lost

  /// The session in which it learns of others' commits has ended; a new one begins at a time.
  fileprivate func hearNothing(until end: Moment) {
    guard hearsAgainAt <= world.clock.now else { return }
    hearsAgainAt = end
    later(end - min(end, world.clock.now)) { [self] in try take(.listening, hasEmitted: true) }
  }

  /// Another replica has committed, which the database server reports.
  func noticeCommit(of replica: ServiceProcess, hasEmitted: Bool) throws {
    guard hearsAgainAt <= world.clock.now else {
      if hasEmitted { world.coverage.hit(.lostNotice) }
      return
    }
    try take(.committed([Int64(replica.number)]), hasEmitted: hasEmitted)
  }

  private func take(_ notice: ServerNotice, hasEmitted: Bool) throws {
    if notice.isNews(for: Int64(number)) { hearCommit(hasEmitted: hasEmitted) }
  }
}
