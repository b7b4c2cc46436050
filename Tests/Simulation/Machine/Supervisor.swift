import Daemon
import Events
import Journal
import Logging

/// Starts services, kills them, and does to their disks what is done to disks.
final class Supervisor {
  unowned let world: World
  private let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

  init(_ world: World) {
    self.world = world
  }

  // MARK: Starting

  func start(_ node: Node) throws {
    guard node.processes.count < node.replicas, !node.isHeld else { return }
    node.starts += 1
    let kill = node.kill.flatMap { $0.point == .migration ? $0 : nil }
    if kill != nil { node.disk.kill(after: Int(node.machine.random() % 12)) }
    let outcomes = NoteBox()
    node.server.write(as: node.starts)
    let result = Result { try compose(node, outcomes: outcomes) }
    if node.server.report() == .locked {
      return restart(node, after: .seconds(1), "another session holds the journal's lock")
    }
    node.disk.kill(after: nil)
    let disk = node.disk.report()
    if disk.commits > 0 { node.unsynced = nil }
    if let refusal = disk.refusal {
      if let kill, refusal == .killed {
        world.coverage.hit(.migration)
        node.kill = nil
        return restart(node, after: kill.downFor, "it was killed during migration")
      }
      world.coverage.hit(.diskFull)
      return restart(node, after: .seconds(1), "its disk is full")
    }
    if kill != nil { node.kill = nil }
    let assembly: Assembly
    do {
      assembly = try result.get()
    } catch {
      throw Violation(.noFailure, "\(node.service.rawValue) does not start: \(error)")
    }
    let process = try ServiceProcess(node, assembly, outcomes: outcomes, in: world)
    node.processes.append(process)
    world.trace.note(node.service.rawValue, "starts")
    try world.checker.started(process)
    try process.begin()
  }

  private func compose(_ node: Node, outcomes: NoteBox) throws -> Assembly {
    var shell = Shell(
      node.service.room, configuration: node.configuration,
      runtime: node.machine.runtime, logger: logger, journal: .store(node.store))
    shell.report = { outcomes.append($0.outcomes) }
    return try node.service.compose(
      shell, asking: world.gateway, isOldBuild: node.isOldBuild)
  }

  func restart(_ node: Node, after delay: UInt64, _ reason: String) {
    world.trace.note(node.service.rawValue, "is down: \(reason)")
    world.plan(after: delay) { [self] in try start(node) }
  }

  /// The service is stopped, and comes back with other versions pinned.
  func deploy(_ node: Node, isPinned: Bool, downFor delay: UInt64) throws {
    guard !node.isHeld else { return }
    try node.pin(isPinned ? node.service.pins : [:])
    world.coverage.hit(.versionSkew)
    died(node, "it is deployed", downFor: delay)
  }

  /// The service is stopped, and comes back in another build.
  func deploy(_ node: Node, isOldBuild: Bool, downFor delay: UInt64) {
    guard node.isOldBuild != isOldBuild else { return }
    node.isOldBuild = isOldBuild
    died(node, isOldBuild ? "an old build is deployed" : "it is upgraded", downFor: delay)
  }

  // MARK: Ending

  /// All replicas that run have ended, and are started again.
  func died(_ node: Node, _ reason: String, downFor delay: UInt64) {
    for process in node.processes { died(process, reason, downFor: delay) }
  }

  /// A process has ended, and is started again.
  func died(_ process: ServiceProcess, _ reason: String, downFor delay: UInt64) {
    stop(process)
    restart(process.node, after: delay, reason)
  }

  /// All replicas have ended.
  func stop(_ node: Node) {
    for process in node.processes { stop(process) }
  }

  private func stop(_ process: ServiceProcess) {
    process.end()
    process.node.processes.removeAll { $0 === process }
    world.disconnected(process, from: process.service.follows)
  }

  /// A process has come to the point at which it is killed.
  ///
  /// - Parameter before: its journal before the work that it was at.
  func strike(_ process: ServiceProcess, _ kill: Node.Kill, before: Snapshot?) throws {
    guard process.isAlive else { return }
    let node = process.node
    world.coverage.hit(kill.point)
    world.coverage.hit(.kill)
    node.kill = nil
    var point = kill.point
    if point == .deadLetterMove || point == .compaction {
      point = [.beforeCommit, .midCommit, .afterCommit][Int(node.machine.random() % 3)]
    }
    // A database server has on its disk what it has committed, whichever of its clients is killed.
    if let before, node.replicas == 1 {
      if point == .beforeCommit { try node.put(before) }
      if point == .midCommit { node.unsynced = before }
    }
    if let cut = kill.powerCutAfter {
      world.plan(after: cut) { [self] in
        try cutPower(node, downFor: kill.downFor)
      }
    }
    died(process, "killed \(kill.point.rawValue)", downFor: kill.downFor)
    if node.process != nil { world.coverage.hit(.outlived) }
  }

  /// The machine loses its power, and with it all that is not on disk.
  func cutPower(_ node: Node, downFor delay: UInt64) throws {
    world.coverage.hit(.powerCut)
    if let synced = node.unsynced {
      world.coverage.hit("power cut that took a commit")
      try node.put(synced)
    }
    if node.process == nil {
      world.trace.note(node.service.rawValue, "loses its power while it is down")
    } else {
      died(node, "no power", downFor: delay)
    }
  }
}
