// In the place of ChargingWorker.

import Charlie
import Events
import Journal

extension ServiceProcess {
  /// Makes the calls to the gateway that are due.
  func charge() throws {
    guard service == .charlie, let limit = charging.looksAt else { return }
    let now = node.machine.surroundings.now()
    let due = try journal.read { snapshot in
      try snapshot.head().lost == nil ? try snapshot.gatewayCalls(at: now, limit: limit) : []
    }
    for call in charging.take(due) {
      world.trace.note("charlie", about: [call.order.description], "asks the gateway")
      let kill = node.kill.flatMap { $0.point == .chargeAsked ? $0 : nil }
      if let kill, node.machine.random() % 2 == 0 {
        return try world.supervisor.strike(node, kill, before: nil)
      }
      // The call goes on though Charlie be killed.
      world.plan(after: 100 + node.machine.random() % 3000) { [self] in try reach(call) }
      if let kill { return try world.supervisor.strike(node, kill, before: nil) }
    }
  }

  /// The call has come to the gateway.
  private func reach(_ call: GatewayCall) throws {
    let step = try world.gateway.step(call.request)
    try world.checker.charged(call, step)
    let way = 100 + world.gatewayRandom.next() % 3000
    switch step {
    case .failed(let failure):
      world.coverage.hit("gateway: failed")
      world.trace.note("gateway", about: [call.order.description], "\(failure)")
      later(way) { [self] in try store(call, nil) }
    case .answered(let answer, let pause):
      world.trace.note("gateway", about: [call.order.description], "has \(answer)")
      let slow = UInt64((pause ?? .zero) / .microseconds(1))
      later(way + slow) { [self] in try store(call, answer) }
    }
  }

  private func store(_ call: GatewayCall, _ answer: GatewayAnswer?) throws {
    if let kill = node.kill, kill.point == .chargeAnswered {
      return try world.supervisor.strike(node, kill, before: nil)
    }
    let random = node.machine.random()
    let done: Void? = try commit(.charge) {
      do {
        try journal.write { try $0.end(call, with: answer, random: random) }
      } catch is HistoryLost {
        // The gateway is asked again, once an operator has decided.
      }
    }
    charging.end(call)
    if done != nil { later(node.machine.random() % 500) { [self] in try charge() } }
  }
}
