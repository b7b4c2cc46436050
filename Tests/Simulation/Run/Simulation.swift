/// A run of a plan from its beginning to its end, and what came of it.
package enum Simulation {
  /// The result of a run.
  package struct Report: Sendable {
    /// The violated condition; nil when all held.
    package let violation: Violation?
    /// The situations that were met.
    package let counts: Counts
    /// The losses of restores, by name.
    package let lost: [String]
    /// How many things happened.
    package let steps: Int
    /// How long the run was, in simulated seconds.
    package let seconds: Double
    /// Every line, where the run was traced.
    package let lines: [TraceLine]
    /// SHA-256 of all lines.
    package let digest: String
  }

  /// Runs a plan.
  ///
  /// - Parameter isTraced: whether the story is wanted, or only how it ends.
  package static func run(_ plan: Plan, isTraced: Bool = false) -> Report {
    do {
      let world = try World(plan, isTraced: isTraced)
      var violation: Violation?
      do {
        try live(world)
      } catch let found as Violation {
        violation = found
      } catch {
        violation = Violation(.noFailure, "\(error)")
      }
      world.trace.note("end", "\(violation?.description ?? "all is well")")
      world.end()
      return Report(
        violation: violation, counts: world.coverage.counts, lost: world.checker.facts.lost,
        steps: world.steps, seconds: Double(world.clock.now) / 1_000_000,
        lines: world.trace.lines, digest: isTraced ? world.trace.digest : "")
    } catch {
      preconditionFailure("a world cannot be made: \(error)")
    }
  }

  /// In the end everything must have come to rest within so many simulated seconds.
  private static let patience = 300

  private static func live(_ world: World) throws {
    world.schedule()
    for node in world.nodes {
      for _ in 0..<node.replicas {
        world.plan(after: node.machine.random() % 50_000) { try world.supervisor.start(node) }
      }
    }
    Approver(world).begin()
    Operator(world).begin()
    world.probe()
    try world.run(until: world.plan.calmAt)
    world.trace.note("world", "is calm")
    world.calm()
    world.stopFaults()
    var missing: [String] = []
    for _ in 0..<patience {
      try world.run(until: world.clock.now + .seconds(1))
      missing = try world.unfinished()
      if missing.isEmpty { return try world.checkPages() }
    }
    throw Violation(.convergence, missing.joined(separator: "; "), missing.flatMap(\.words))
  }
}

extension String {
  /// The words, among which are orders and streams.
  fileprivate var words: [String] { split(separator: " ").map(String.init) }
}

extension World {
  /// A person reads the reports, now and then.
  func probe() {
    plan(after: .seconds(7)) { [self] in probe() }
    for target in ["/api/ledger", "/api/ledger/fees", "/api/ledger/entries?limit=500"] {
      ask(.charlie, Ask(target: target, request: "reader")) { _ in }
    }
  }
}
