/// All that a seed decides before the run begins.
package struct Plan: Sendable {
  /// The seed.
  package let seed: UInt64
  /// The time at which faults and customers stop.
  let calmAt: Moment
  /// The age at which events that every consumer has acknowledged are pruned.
  let keepFor: UInt64
  let approval: String
  let limits: Limits
  /// The services of which two replicas run.
  let replicated: Set<Service>
  /// Whether replicas take roles, instead of doing everything at once.
  let takesRoles: Bool
  /// The operator's edits of one dead letter after another, again and again.
  let edits: [DeadLetterEdit]
  /// In the order of time.
  package var acts: [Act]

  /// Draws a run.
  package init(seed: UInt64) {
    self.seed = seed
    var random = Randomness(seed, for: "plan")
    calmAt = .seconds(random.number(30...80))
    keepFor = .seconds(random.pick([5, 15, 30, 600]))
    approval = random.chance(20) ? "automatic" : "manual"
    var limits = Randomness(seed, for: "limits")
    self.limits = Limits(&limits)
    var replicas = Randomness(seed, for: "replicas")
    replicated =
      replicas.chance(25) ? Set(Service.allCases.filter { _ in replicas.chance(60) }) : []
    takesRoles = replicas.chance(60)
    var drawing = Drawing(seed: seed, until: calmAt, replicated: replicated)
    drawing.drawPeople()
    drawing.drawFaults()
    edits = drawing.edits()
    acts = drawing.deeds.enumerated().map { number, drawn in
      Act(number: number, at: drawn.at, deed: drawn.deed)
    }
    acts.sort { ($0.at, $0.number) < ($1.at, $1.number) }
  }
}
