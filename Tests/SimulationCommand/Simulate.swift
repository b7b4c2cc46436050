import ArgumentParser
import FoundationEssentials
import Simulation

/// Runs seeds until one fails.
@main
struct Simulate: ParsableCommand {
  /// So many seeds meet everything that can be drawn.
  private static let enough = 300
  /// So many seeds meet all that several replicas of a service meet.
  private static let enoughForReplicas = 100

  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Simulates the four services with faults, each seed another run.",
    discussion: """
      Exits with 1 when something that must always hold does not, after the shortest story of it;
      when \(enough) seeds or more have not met every crash point and every kind of fault; and when \
      \(enoughForReplicas) or more have not met those of several replicas.
      """)

  @Option(help: "How many seeds to run.")
  var seeds = 100

  @Option(help: "The first of them.")
  var from: UInt64 = 1

  @Option(help: "Replays this one seed, and tells everything that happens in it.")
  var seed: UInt64?

  @Flag(help: "Tells how a seed fails, but does not look for its shortest story.")
  var noStory = false

  @Flag(help: "Goes on after a seed that fails, and names them all.")
  var all = false

  @Option(help: "How many threads share the seeds; each run is one thread's.")
  var jobs = 2

  func validate() throws {
    guard seeds > 0, jobs > 0 else { throw ValidationError("A count is at least 1.") }
  }

  func run() throws {
    if let seed { return try replay(seed) }
    var board = Board(total: seeds)
    let clock = ContinuousClock()
    let began = clock.now
    let campaign = Campaign(from: from, seeds: seeds, jobs: jobs, goesOn: all)
    let failures = campaign.run { board.show($0, since: clock.now - began) }
    board.end(campaign.counts, campaign.done, since: clock.now - began)
    guard let first = failures.first else { return try requireAllMet(campaign.counts) }
    if all { for failure in failures { print("seed \(failure.seed): \(failure.violation)") } }
    tell(first.seed, first.violation)
    throw ExitCode.failure
  }

  private func requireAllMet(_ counts: Counts) throws {
    guard seeds >= Self.enoughForReplicas else { return }
    let unmet = seeds < Self.enough ? counts.unmetOfReplicas : counts.unmet
    guard !unmet.isEmpty else { return }
    print("Never met: \(unmet.joined(separator: ", "))")
    throw ExitCode.failure
  }

  private func replay(_ seed: UInt64) throws {
    let report = Simulation.run(Plan(seed: seed), isTraced: true)
    for line in report.lines { print(line) }
    print("digest \(report.digest), \(report.steps) steps in \(report.seconds) simulated seconds")
    for lost in report.lost { print("lost by a restore: \(lost)") }
    guard let violation = report.violation else { return }
    tell(seed, violation)
    throw ExitCode.failure
  }

  private func tell(_ seed: UInt64, _ violation: Violation) {
    print("\nSeed \(seed) fails: \(violation)")
    if !noStory {
      let story = Story(of: Plan(seed: seed), violating: violation.property)
      print("\nThe shortest story, after \(story.runs) runs:")
      for line in story.lines { print(line) }
      print("\nIn it: \(story.report.violation?.description ?? "nothing fails any more")")
    }
    print("\nReplay it with: make simulate SEED=\(seed)")
  }
}
