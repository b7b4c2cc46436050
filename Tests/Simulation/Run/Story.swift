/// The shortest story of a failing seed.
package struct Story: Sendable {
  /// The plan with the fewest acts that still fails.
  package let plan: Plan
  /// How it fails then.
  package let report: Simulation.Report
  /// How many runs it took.
  package let runs: Int

  /// Makes a failing run smaller: leaves acts out, by halves and one by one (delta debugging),
  /// as long as the same property is violated.
  ///
  /// - Parameter limit: how many runs it may take.
  package init(of plan: Plan, violating property: Property, limit: Int = 400) {
    var (acts, runs, chunk) = (plan.acts, 0, max(1, plan.acts.count / 2))
    func fails(_ kept: [Act]) -> Bool {
      runs += 1
      var smaller = plan
      smaller.acts = kept
      return Simulation.run(smaller).violation?.property == property
    }
    while runs < limit {
      var start = 0
      let before = acts.count
      while start < acts.count, runs < limit {
        var kept = acts
        kept.removeSubrange(start..<min(start + chunk, acts.count))
        if fails(kept) { acts = kept } else { start += chunk }
      }
      if chunk == 1, acts.count == before { break }
      chunk = max(1, chunk / 2)
    }
    var smallest = plan
    smallest.acts = acts
    (self.plan, self.runs) = (smallest, runs)
    report = Simulation.run(smallest, isTraced: true)
  }

  /// The acts that are left, and what happened to what failed.
  package var lines: [String] {
    let tags = Set(report.violation?.tags ?? [])
    let told = report.lines.filter { line in
      line.tags.isEmpty || line.place == "act" || line.tags.contains(where: tags.contains)
        || tags.isEmpty
    }
    return ["Acts that it takes:"] + plan.acts.map { "  \($0)" }
      + ["What happened:"] + told.suffix(120).map(\.description)
  }
}
