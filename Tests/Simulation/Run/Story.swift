/// The shortest story of a failing seed.
package struct Story: Sendable {
  /// The plan with the fewest acts that still fails.
  package let plan: Plan
  /// How it fails then.
  package let report: Simulation.Report
  /// How many runs it took.
  package let runs: Int

  /// Makes a failing run smaller, as long as the same property is violated.
  ///
  /// - Parameter limit: how many runs it may take.
  package init(of plan: Plan, violating property: Property, limit: Int = 400) {
    func with(_ acts: [Act]) -> Plan {
      var smaller = plan
      smaller.acts = acts
      return smaller
    }
    let shrinking = Shrinking(plan.acts, limit: limit) {
      Simulation.run(with($0)).violation?.property == property
    }
    runs = shrinking.runs
    self.plan = with(shrinking.acts)
    report = Simulation.run(self.plan, isTraced: true)
  }

  /// The acts that are left, and what happened to what failed.
  package var lines: [String] {
    let tags = Set(report.violation?.tags ?? [])
    let told = report.lines.filter { line in
      line.tags.isEmpty || tags.isEmpty || line.place == "act"
        || line.tags.contains(where: tags.contains)
    }
    return ["Acts that it takes:"] + plan.acts.map { "  \($0)" }
      + ["What happened:"] + told.suffix(120).map(\.description)
  }
}
