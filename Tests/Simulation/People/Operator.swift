import Courier
import Events
import HTTPTypes
import Journal

/// The person who looks after the services, and runs the commands that they ask for.
final class Operator {
  private unowned let world: World
  private var requests = 0
  private var random: Randomness
  /// How often each letter was tried again in vain since faults have stopped.
  private var attempts: [String: Int] = [:]

  init(_ world: World) {
    self.world = world
    random = Randomness(world.plan.seed, for: "operator")
  }

  func begin() {
    world.plan(after: .seconds(2)) { [self] in try look() }
  }

  private func look() throws {
    world.plan(after: world.isCalm ? .seconds(1) : random.number(1_000_000...6_000_000)) {
      [self] in try look()
    }
    for node in world.nodes {
      guard let process = node.process, node.resumesAt <= world.clock.now else { continue }
      if try process.journal.read({ try $0.head().lost }) != nil {
        try world.supervisor.accept(node)
        continue
      }
      for following in process.following where following.follower.isStopped {
        reset(following.stream, of: process)
      }
      try lookAtDeadLetters(of: process)
    }
  }

  private func reset(_ stream: Service, of process: ServiceProcess) {
    process.later(300) { [self] in
      _ = try process.commit(.reset(stream)) {
        try process.journal.commit { try $0.resetCursor(of: stream.rawValue) }
      }
      world.coverage.hit("operator: reset")
    }
  }

  /// Every letter is tried again, and given up only when that never helps.
  private func lookAtDeadLetters(of process: ServiceProcess) throws {
    let letters = try process.journal.read {
      try $0.deadLetters(after: 0, limit: 100, all: false).map(\.letter)
    }
    for letter in letters {
      let name = "\(process.service) \(letter.id)"
      if world.isCalm { attempts[name, default: 0] += 1 }
      decide(letter.id, givesUp: attempts[name] ?? 0 > 3, process)
    }
  }

  private func decide(_ letter: Identifier, givesUp: Bool, _ process: ServiceProcess) {
    process.later(300) { [self] in
      let work = Correlation.request(id(), trace: .random(in: process.node.machine.surroundings))
      world.coverage.hit("operator: \(givesUp ? "discards" : "retries") a dead letter")
      _ = try process.commit(.deadLetter) {
        try process.journal.commit { transaction in
          if givesUp {
            try transaction.discardDeadLetter(letter, work)
          } else {
            _ = try transaction.retryDeadLetter(letter, work)
          }
        }
      }
    }
  }

  private func id() -> String {
    requests += 1
    return "operator-\(requests)"
  }
}
