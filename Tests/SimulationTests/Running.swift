import Dispatch
import Simulation

/// Runs are long and never wait: they have one thread of their own, one after another, so that
/// other tests keep theirs.
private let thread = DispatchQueue(label: "eventually.simulation.tests")

func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
  await withCheckedContinuation { continuation in
    thread.async { continuation.resume(returning: work()) }
  }
}

func report(of seed: UInt64, isTraced: Bool = false) async -> Simulation.Report {
  await run { Simulation.run(Plan(seed: seed), isTraced: isTraced) }
}
