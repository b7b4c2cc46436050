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
      for following in process.following
      where following.driver.process.follower?.isStopped == true {
        reset(following.stream, of: process.service)
      }
      lookAtDeadLetters(of: process.service)
    }
  }

  private func reset(_ stream: Service, of service: Service) {
    var ask = Ask(
      method: .post, target: "/api/subscriptions/\(stream)/reset", json: "{}", request: id())
    ask.occasion = .reset(stream)
    world.ask(service, ask) { [self] reaction in
      world.coverage.hit("operator: reset, \(reaction?.status ?? 0)")
    }
  }

  /// Every letter is tried again, and given up only when that never helps.
  private func lookAtDeadLetters(of service: Service) {
    world.ask(service, Ask(target: "/api/dead-letters?limit=500", request: id())) {
      [self] reaction in
      for letter in reaction?.body["deadLetters"]?.array ?? [] {
        guard let name = letter["id"]?.string else { continue }
        if world.isCalm { attempts[name, default: 0] += 1 }
        decide(attempts[name] ?? 0 > 3 ? "discard" : "retry", name, service)
      }
    }
  }

  private func decide(_ act: String, _ letter: String, _ service: Service) {
    var ask = Ask(
      method: .post, target: "/api/dead-letters/\(letter)/\(act)", json: "{}", request: id())
    ask.occasion = .deadLetter
    world.ask(service, ask) { [self] reaction in
      world.coverage.hit("operator: \(act) of a dead letter, \(reaction?.status ?? 0)")
    }
  }

  private func id() -> String {
    requests += 1
    return "operator-\(requests)"
  }
}
