import Courier
import Events
import HTTPTypes
import Journal
import Runtime

/// The operator of the services: runs the commands that they name.
final class Operator {
  private unowned let world: World
  private var requests = 0
  private var random: Randomness
  /// How often each letter was tried again in vain since faults have stopped.
  private var attempts: [String: Int] = [:]
  private var edits = 0

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
      let processes = node.processes.filter { $0.resumesAt <= world.clock.now }
      guard let process = processes.first else { continue }
      if try process.journal.read({ try $0.head().lost }) != nil {
        try world.supervisor.accept(node)
        continue
      }
      for following in processes.flatMap(\.following)
      where following.driver.process.follower?.isStopped == true {
        reset(following.stream, of: node.service)
      }
      lookAtDeadLetters(of: node.service)
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

  /// Every letter is tried again, most of them edited, and given up only when that never helps.
  private func lookAtDeadLetters(of service: Service) {
    world.ask(service, Ask(target: "/api/dead-letters?limit=500", request: id())) {
      [self] reaction in
      for letter in reaction?.body["deadLetters"]?.array ?? [] {
        guard let name = letter["id"]?.string else { continue }
        if world.isCalm { attempts[name, default: 0] += 1 }
        if attempts[name] ?? 0 > 3 {
          decide("discard", name, service)
        } else if let edit = nextEdit(of: letter, at: service) {
          send(edit, service)
        } else {
          decide("retry", name, service)
        }
      }
    }
  }

  private func nextEdit(of letter: JSONValue, at service: Service) -> LetterEdit? {
    edits += 1
    let kind = world.plan.edits[edits % world.plan.edits.count]
    // Overlord keeps events with any data.
    guard service != .overlord || kind != .breakSchema else { return nil }
    return LetterEdit(kind, of: letter, number: edits)
  }

  /// Edits a letter, and retries it after any result.
  private func send(_ edit: LetterEdit, _ service: Service) {
    let data = #"{"data":\#(edit.data.text)}"#
    var ask = Ask(
      method: .post, target: "/api/dead-letters/\(edit.letter)/edit", json: data, request: id())
    ask.occasion = .edit(edit)
    world.ask(service, ask) { [self] reaction in
      world.coverage.hit("operator: \(edit.kind) in a dead letter, \(reaction?.status ?? 0)")
      decide("retry", edit.letter.description, service, after: reaction?.status == 200 ? edit : nil)
    }
  }

  /// - Parameter edit: the edit that was taken just before.
  private func decide(
    _ act: String, _ letter: String, _ service: Service, after edit: LetterEdit? = nil
  ) {
    var ask = Ask(
      method: .post, target: "/api/dead-letters/\(letter)/\(act)", json: "{}", request: id())
    ask.occasion = .deadLetter
    world.ask(service, ask) { [self] reaction in
      world.coverage.hit("operator: \(act) of a dead letter, \(reaction?.status ?? 0)")
      guard edit?.data["product"] != nil, reaction?.body["result"]?.string == "done",
        world.node(service).refusesProductsUntil > world.clock.now
      else { return }
      world.coverage.hit(.mended)
    }
  }

  private func id() -> String {
    requests += 1
    return "operator-\(requests)"
  }
}
