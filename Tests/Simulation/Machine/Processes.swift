// The daemons' processes, with what their actions are in the simulation.

import Charlie
import Courier
import Daemon
import Events
import FoundationEssentials
import Journal
import Logging
import ZeroMQ

extension ServiceProcess {
  /// A commit has happened: its readers are called a little later.
  func wakeProcesses() throws {
    if isBound {
      later(node.machine.random() % 2000) { [self] in
        try publishing.give(.committed(journal.takeCommitted()))
      }
    }
    if service == .charlie {
      later(node.machine.random() % 2000) { [self] in try charging?.give(.committed) }
    }
    guard !possibleDeferrals.takeAll().isEmpty else { return }
    later(node.machine.random() % 2000) { [self] in try upkeep?.give(.committed) }
  }

  /// Another replica has committed: the readers are called a little later.
  func hearCommit(hasEmitted: Bool) {
    if hasEmitted { loggedAt = world.clock.now }
    if isBound {
      later(node.machine.random() % 20_000) { [self] in
        if hasEmitted { world.coverage.hit(.foreignCommit) }
        try publishing.give(.committedElsewhere)
      }
    }
    if service == .charlie {
      later(node.machine.random() % 20_000) { [self] in try charging?.give(.committed) }
    }
    later(node.machine.random() % 20_000) { [self] in try upkeep?.give(.committed) }
  }

  /// A kill before so many pieces of work of a source are asked for.
  func strikes(before pieces: Int, of source: Submission.Source) -> (() throws -> Void)? {
    guard let kill = node.kill else { return nil }
    switch (kill.point, source) {
    // A single answer may pass, so that the kill meets several at once more often.
    case (.chargeAnswered, .charging) where pieces == 1 && node.machine.random() % 4 > 0: return nil
    case (.fetchedNotApplied, .following), (.chargeAnswered, .charging):
      return { [self] in
        if pieces > 1 { world.coverage.hit(.killedWithAnswers) }
        try world.supervisor.strike(self, kill, before: nil)
      }
    default: return nil
    }
  }

  // MARK: Publishing

  /// The sockets are bound, and waiting peers connect.
  func bind() throws {
    isBound = true
    try publishing.start()
    if roles.contains(.publish) { try publishing.give(.holds(true)) }
    try answering.start()
    for other in world.nodes where other.service.follows.contains(service) {
      world.connect(other.service, to: service)
    }
  }

  func makePublishing() -> SimulatedDriver<PublishingProcess> {
    SimulatedDriver(
      PublishingProcess(
        catalogue: journal.publishing.catalogue, limits: world.plan.limits.publishing,
        isHolding: !node.takesRoles),
      in: self, source: .publishing, occasion: { _ in .start },
      perform: { [unowned self] action in
        switch action {
        case .send(let messages): try send(messages)
        case .checkSocket: try checkEachSecond()
        case .report(let damage): throw Violation(.noFailure, "\(damage)")
        }
        return nil
      })
  }

  /// Half a second after a commit at the latest, all of it is published.
  private func checkEachSecond() throws {
    try checkLease()
    let published = publishing.process.published ?? 0
    let hears = max(resumesAt, asksUntil, hearsAgainAt)
    let isDue = max(loggedAt, hears) + .milliseconds(500) < world.clock.now
    guard isDue, roles.contains(.publish), published < node.model.log.last?.sequence ?? 0,
      try journal.read({ try $0.head().lost }) == nil
    else { return }
    throw Violation(
      .convergence,
      "\(service.rawValue) has published \(published) of \(node.model.log.last?.sequence ?? 0)",
      [service.rawValue])
  }

  private func send(_ messages: [[Data]]) throws {
    for frames in messages {
      try world.checker.heard(frames, from: node)
      for follower in subscribers.sorted() {
        world.send(
          frames, .events, from: service, to: follower.service, process: follower.process)
      }
    }
    if let kill = node.kill, kill.point == .afterPublish,
      messages.contains(where: { Record(frames: $0) != nil })
    {
      try world.supervisor.strike(self, kill, before: nil)
    }
  }

  /// The prefix that every follower of this service subscribes to.
  var prefix: Data { Data(Topic.prefix(ofStream: service.rawValue).utf8) }

  func subscribed(by follower: Asker) throws {
    subscribers.insert(follower)
    try publishing.give(.changed([.subscribed(prefix)]))
  }

  func lost(_ follower: Asker) throws {
    guard subscribers.remove(follower) != nil else { return }
    if subscribers.isEmpty { try publishing.give(.changed([.cancelled(prefix)])) }
  }

  // MARK: Answering

  func makeAnswering() -> SimulatedDriver<AnsweringProcess> {
    SimulatedDriver(
      AnsweringProcess(for: journal, as: Peer(uid: 0, gid: 0, pid: 0)), in: self,
      source: .answering, occasion: { _ in .acknowledge },
      perform: { [unowned self] action in
        if case .reply(let reply, let peer) = action, let asker = Asker(peer) {
          try world.checker.answered(reply, by: node)
          world.send(
            reply.frames, .answers, from: service, to: asker.service, process: asker.process)
        }
        return nil
      })
  }

  /// A request has come from a process.
  func ask(_ frames: [Data], by asker: Asker) throws {
    let request = PendingRequest(from: asker.sender, .unproved, frames: frames)
    let dropped = requests.append(request)
    for request in dropped { taken(request) }
    if !dropped.isEmpty { try answering.give(.dropped(dropped.count)) }
    isFree()
  }

  /// A request has left its queue.
  func taken(_ request: PendingRequest) {
    guard let asker = Asker(request.sender) else { return }
    world.network.taken(from: Link(from: asker.service, to: service), .questions)
  }

  // MARK: Following

  func makeFollowing(_ stream: Service) -> SimulatedDriver<FollowingProcess> {
    SimulatedDriver(
      FollowingProcess(
        stream.rawValue, as: service.rawValue,
        reading: journal.reactions.versions(in: stream.rawValue),
        queued: world.plan.limits.queued),
      in: self, source: .following(stream),
      occasion: { input in
        guard case .applied(let records, let through, _) = input else { return .retry }
        return .apply(stream, records, through: through)
      },
      perform: { [unowned self] action in
        switch action {
        case .request(let request):
          try world.checker.asks(request, self)
          world.ask(request.frames, of: stream, from: self)
        case .report(let report):
          world.coverage.hit(report)
          try checkNotAway(report, stream)
          world.trace.note(
            service.rawValue, about: [stream.rawValue], "\(stream.rawValue): \(report)")
        case .explainSilence: return .silent(because: nil)
        case .log, .logForeign, .count, .lookForMove: break
        }
        return nil
      })
  }

  /// The messages of a running publisher arrive, once nothing is in the way.
  private func checkNotAway(_ report: Follower.Report, _ stream: Service) throws {
    guard report == .away, let calmedAt = world.calmedAt else { return }
    try require(
      world.clock.now < calmedAt + .seconds(15), .convergence,
      "\(service.rawValue) receives nothing from \(stream.rawValue), and no fault prevents it",
      [stream.rawValue])
  }

  // MARK: Charging

  func makeCharging() -> SimulatedDriver<ChargingProcess> {
    SimulatedDriver(
      ChargingProcess(concurrency: 8, clock: node.machine.runtime.now), in: self,
      source: .charging, occasion: { _ in .charge },
      perform: { [unowned self] action in
        switch action {
        case .call(let call): try make(call)
        case .log(let level, let line, let call): try note(level, line, call)
        }
        return nil
      })
  }

  private func make(_ call: GatewayCall) throws {
    try world.checker.asksGateway(self, call)
    world.trace.note("charlie", about: [call.order.description], "asks the gateway")
    let kill = node.kill.flatMap { $0.point == .chargeAsked ? $0 : nil }
    if let kill, node.machine.random() % 2 == 0 {
      return try world.supervisor.strike(self, kill, before: nil)
    }
    // The call goes on though Charlie be killed.
    world.plan(after: 100 + node.machine.random() % 3000) { [self, run = chargingRuns] in
      world.gatewayMachine.take(call, of: self, in: run)
    }
    if let kill { try world.supervisor.strike(self, kill, before: nil) }
  }

  /// The process reports a call without a result, or an answer that cannot be stored.
  private func note(_ level: Logger.Level, _ line: String, _ call: GatewayCall) throws {
    world.trace.note("charlie", about: [call.order.description], line)
    guard level == .error, let kill = node.kill, kill.point == .answerUnstored else { return }
    try world.supervisor.strike(self, kill, before: nil)
  }

  // MARK: Upkeep

  func makeUpkeep() -> SimulatedDriver<UpkeepProcess> {
    let retention = Retention(
      age: .microseconds(Int64(world.plan.keepFor)), forever: assembly.keepsForever,
      watchers: ["overlord": world.patience])
    return SimulatedDriver(
      UpkeepProcess(
        retention, settings: world.plan.limits.upkeep, wallClock: node.machine.runtime.now),
      in: self, source: .upkeep,
      occasion: { if case .pruned = $0 { .compaction } else { .retry } },
      perform: { [unowned self] action in
        switch action {
        case .shrinkLogFile: return nil
        case .lookAtClock: return .clock(assembly.journal.clockStatus)
        case .log(let line):
          guard line.level < .error else { throw Violation(.noFailure, line.text) }
          if line.text.contains("left the log") { world.coverage.hit("event: pruned") }
          world.trace.note(service.rawValue, about: [service.rawValue], line.text)
          return nil
        }
      })
  }
}

extension Coverage {
  fileprivate func hit(_ report: Follower.Report) {
    switch report {
    case .live: break
    case .gap: hit("follower: gap")
    case .away: hit("follower: publisher away")
    case .stopped(let refusal): hit("follower: stopped, \(refusal.code.rawValue)")
    case .garbage: hit("follower: garbage")
    case .lacks: hit("follower: an unknown version is published")
    case .stalled: hit("follower: stalled")
    case .resumed, .unacknowledged: break
    }
  }
}
