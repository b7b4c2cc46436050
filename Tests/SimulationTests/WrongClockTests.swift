import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(10))) struct `Clocks that are wrong for a moment` {
  /// Each clock in turn is ten years ahead for five seconds, beside all that the seed has drawn.
  private func plan(seed: UInt64) -> Plan {
    var plan = Plan(seed: seed)
    let decade: Int64 = 315_532_800_000_000
    for (turn, service) in Service.allCases.enumerated() {
      let at: Moment = .seconds(UInt64(6 * turn + 5))
      for (moment, change) in [(at, decade), (at + .seconds(5), -decade)] {
        plan.acts.append(
          Act(number: plan.acts.count, at: moment, deed: .jump(service, by: change)))
      }
    }
    plan.acts.sort { ($0.at, $0.number) < ($1.at, $1.number) }
    return plan
  }

  @Test(arguments: UInt64(1)...3) func `lose nothing and stop nothing`(seed: UInt64) async {
    let plan = plan(seed: seed)
    let report = await run { Simulation.run(plan) }
    #expect(report.violation == nil)
    #expect(report.seconds > 30)
  }
}
