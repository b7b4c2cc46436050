// The roles of a replica: what it does, and what it leaves to another.

import Courier
import Journal
import ZeroMQ

extension Service {
  /// All that one replica at a time does.
  var roles: [Role] {
    follows.map { .follow($0.rawValue) } + [.publish, .upkeep] + (self == .charlie ? [.work] : [])
  }
}

extension ServiceProcess {
  func makeRoleTaking() -> SimulatedDriver<RoleProcess> {
    SimulatedDriver(
      RoleProcess(service.roles, of: "\(number)"), in: self, source: .roles,
      occasion: { _ in .roles },
      perform: { [unowned self] action in
        switch action {
        case .hold(let leases, let end): try hold(leases.own, until: end)
        }
        return nil
      })
  }

  /// Does the work of these roles, and of no others, from now on.
  func hold(_ new: Set<Role>) throws {
    let old = roles
    roles = new
    for role in old.subtracting(new).sorted() { try end(role) }
    for role in new.subtracting(old).sorted() {
      if let last = node.lastHolders.updateValue(number, forKey: role), last != number {
        world.coverage.hit(.roleTaken)
        countTaken(from: last)
      }
      try begin(role)
    }
  }

  private func begin(_ role: Role) throws {
    switch role {
    case .publish: if isBound { try publishing.give(.holds(true)) }
    case .upkeep:
      upkeep = makeUpkeep()
      try upkeep?.start()
    case .work:
      chargingRuns += 1
      _ = endedCalls.takeAll()
      let charging = makeCharging()
      self.charging = charging
      later(node.machine.random() % 5000) { try charging.start() }
    default:
      for stream in service.follows where role == .follow(stream.rawValue) {
        let driver = makeFollowing(stream)
        following.append((stream, driver))
        world.connect(service, to: stream)
        try driver.start()
      }
    }
  }

  private func end(_ role: Role) throws {
    switch role {
    case .publish: if isBound { try publishing.give(.holds(false)) }
    case .upkeep:
      upkeep?.stop()
      upkeep = nil
    case .work:
      chargingRuns += 1
      charging?.stop()
      charging = nil
    default:
      for (stream, driver) in following where role == .follow(stream.rawValue) {
        driver.stop()
        leave(stream)
      }
    }
  }

  private func leave(_ stream: Service) {
    following.removeAll { $0.stream == stream }
    let mail = mail.removeValue(forKey: stream) ?? Mail()
    let link = Link(from: stream, to: service)
    for _ in mail.heard { world.network.taken(from: link, .events) }
    for _ in mail.answered { world.network.taken(from: link, .answers) }
    world.disconnected(self, from: [stream])
  }
}
