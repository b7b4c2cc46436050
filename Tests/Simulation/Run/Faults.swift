// The effects of acts on the world.

import HTTPTypes
import Journal

extension World {
  func schedule() {
    for act in plan.acts {
      plan(at: act.at) { [self] in
        trace.note("act", about: ["\(act.number)"], "\(act.deed)")
        try perform(act.deed, act.number)
      }
    }
  }

  private func perform(_ deed: Deed, _ number: Int) throws {
    if let kind = deed.kind, deed.isFaultAtOnce { coverage.hit(kind) }
    switch deed {
    case .order(let plan): order(plan)
    case .changeSettings(let plan): SettingsOwner(plan, number, in: self).change()
    case .weather(let link, let weather, let end):
      network.set(weather, on: link)
      plan(at: end) { [self] in network.clear(weather, on: link) }
    case .cut(let links, let end):
      for link in links { network.cut(link) }
      plan(at: end) { [self] in
        for link in links { mend(link) }
      }
    case .garbage(let link, let count, let seed):
      var random = Randomness(seed, for: "garbage")
      for _ in 0..<count { sendGarbage(on: link, &random) }
    case .narrow(let link, let capacity, let end):
      network.narrow(link, to: capacity)
      plan(at: end) { [self] in network.narrow(link, to: nil) }
    default: try perform(deed, on: number)
    }
  }

  private func perform(_ deed: Deed, on number: Int) throws {
    switch deed {
    case .slow(let service, let pace, let end):
      node(service).pace = pace
      plan(at: end) { [self] in node(service).pace = 0 }
    case .pause(let service, let end): node(service).process?.resumesAt = end
    case .kill(let service, let point, let downFor, let cut):
      node(service).kill = Node.Kill(point: point, downFor: downFor, powerCutAfter: cut)
    case .powerCut(let service, let downFor):
      try supervisor.cutPower(node(service), downFor: downFor)
    case .diskFull(let service, let end):
      node(service).disk.isFull = true
      plan(at: end) { [self] in node(service).disk.isFull = false }
    case .fail(let service, let end):
      node(service).failsUntil = end
      node(service).process?.makeReactionsFail()
      plan(at: end) { [self] in node(service).process?.makeReactionsFail() }
    case .refuseProducts(let service, let end):
      coverage.hit(.refusedProduct)
      node(service).refusesProductsUntil = end
      node(service).process?.makeReactionsFail()
      plan(at: end) { [self] in node(service).process?.makeReactionsFail() }
    case .refuseAnswers(let end):
      coverage.hit(.refusedAnswer)
      node(.charlie).refusesAnswersUntil = end
      node(.charlie).process?.makeReactionsFail()
      plan(at: end) { [self] in node(.charlie).process?.makeReactionsFail() }
    case .replica(let fault, let service, let end): perform(fault, on: node(service), until: end)
    case .jump(let service, let change): node(service).machine.jump(by: change)
    case .backUp(let service): try supervisor.backUp(node(service))
    case .restore(let service, let age): try supervisor.restore(node(service), age: age)
    case .rawCopy(let service, let age): try supervisor.putRawCopy(node(service), age: age)
    case .forget(let consumer, let publisher): forget(consumer, at: publisher)
    case .deploy(let service, let isPinned, let downFor):
      try supervisor.deploy(node(service), isPinned: isPinned, downFor: downFor)
    case .deployOldBuild(let service, let end, let downFor):
      coverage.hit(.oldReader)
      supervisor.deploy(node(service), isOldBuild: true, downFor: downFor)
      plan(at: end) { [self] in
        supervisor.deploy(node(service), isOldBuild: false, downFor: downFor)
      }
    default: break
    }
  }

  private func order(_ plan: CustomerPlan) {
    let customer = Customer(plan, in: self)
    customers.append(customer)
    customer.begin()
  }

  /// Every fault is repaired, and no further one is planned.
  func stopFaults() {
    for link in Link.all {
      network.calm(link)
      mend(link)
    }
    for node in nodes {
      node.kill = nil
      node.pace = 0
      node.losesAnswersUntil = 0
      node.stopsInTransactionUntil = 0
      if node.hasFailed {
        node.failsUntil = 0
        node.refusesProductsUntil = 0
        node.refusesAnswersUntil = 0
        node.process?.makeReactionsFail()
      }
      for process in node.processes { process.resumesAt = min(process.resumesAt, clock.now) }
      node.disk.isFull = false
      if node.isOldBuild { supervisor.deploy(node, isOldBuild: false, downFor: .seconds(1)) }
    }
  }
}

extension Deed {
  /// Whether the fault is met as soon as it is done; others are counted where they are met.
  fileprivate var isFaultAtOnce: Bool {
    switch self {
    case .cut, .slow, .pause, .jump, .garbage: true
    default: false
    }
  }
}

extension World {
  /// A consumer is taken off a publisher's list although it does come back.
  private func forget(_ consumer: Service, at publisher: Service) {
    coverage.hit(.forgottenConsumer)
    checker.facts.forgotten[publisher, default: []].insert(consumer)
    let ask = Ask(method: .delete, target: "/api/consumers/\(consumer)", request: "forget")
    self.ask(publisher, ask) { [self] reaction in
      coverage.hit("operator: consumer removed, \(reaction?.status ?? 0)")
    }
  }
}
