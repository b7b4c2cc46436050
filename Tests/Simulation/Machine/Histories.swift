// Backups, and what is done with them.

import Journal

extension Supervisor {
  /// Makes a backup, as `eventually backup` does of a running service.
  func backUp(_ node: Node) throws {
    guard node.unsynced == nil, node.starts > 0 else { return }
    node.backups.append(try node.snapshot(at: world.clock.now))
  }

  private func backup(of node: Node, age: UInt64) -> Snapshot? {
    let latest = world.clock.now - min(world.clock.now, age)
    return node.backups.last { $0.at <= latest } ?? node.backups.first
  }

  /// Restores a backup, as `eventually restore` does: a new history begins at its end.
  func restore(_ node: Node, age: UInt64) throws {
    guard !node.disk.isFull else { return }
    guard let backup = backup(of: node, age: age), node.hasStarted(backup) else { return }
    world.coverage.hit(.restore)
    stop(node)
    try exchange(node, for: backup)
    try beginHistory(node)
    restartAll(node, "a backup is restored")
  }

  /// Puts the raw copy of an older journal in the place of the present one.
  func putRawCopy(_ node: Node, age: UInt64) throws {
    guard let backup = backup(of: node, age: age), node.hasStarted(backup) else { return }
    world.coverage.hit(.rawCopy)
    stop(node)
    try exchange(node, for: backup)
    node.isRawCopy = true
    restartAll(node, "a raw copy is put in its place")
  }

  /// The operator accepts the journal as it is, which begins a new history.
  func accept(_ node: Node) throws {
    guard !node.disk.isFull else { return }
    try require(
      node.isRawCopy, .silence,
      "\(node.service.rawValue) took itself for one that has lost history",
      [node.service.rawValue])
    world.coverage.hit("operator: accepted a journal that had lost its history")
    stop(node)
    try beginHistory(node)
    restartAll(node, "its journal is accepted")
  }

  private func restartAll(_ node: Node, _ reason: String) {
    for _ in 0..<node.replicas { restart(node, after: .milliseconds(200), reason) }
  }

  private func exchange(_ node: Node, for backup: Snapshot) throws {
    world.checker.loses(node, to: backup.model)
    let newer = node.model
    try node.put(backup, isKept: true)
    node.model.excuse(by: newer)
    node.hasOtherHistory = true
  }

  private func beginHistory(_ node: Node) throws {
    // Versions of the settings are made of the time: the clock at a restore of Alpha is not behind
    // that of the last one.
    node.machine.setForward(to: node.latestRestore)
    node.latestRestore = node.machine.wallClock
    try ServiceJournal.beginHistory(
      .store(node.store), of: node.service.rawValue, runtime: node.machine.runtime)
    _ = node.disk.report()
    node.isRawCopy = false
  }
}

extension Node {
  fileprivate func hasStarted(_ backup: Snapshot) -> Bool {
    // A backup of a service that was never whole is none.
    !isHeld && (service != .alpha || !backup.model.log.isEmpty)
  }
}
