import Simulation
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Seeds of the simulation` {
  @Test(
    "nothing is lost and nothing happens twice, and all converges",
    arguments: 1_000_001...1_000_016 as ClosedRange<UInt64>)
  func green(seed: UInt64) async {
    let report = await report(of: seed)
    #expect(report.violation == nil, "replay it with: make simulate SEED=\(seed)")
  }

  /// Each of these has failed once: what it found is beside it.
  ///
  /// A seed means what it meant only as long as nothing new is drawn before the rest; one that
  /// has lost its meaning costs nothing.
  @Test(
    "faults found before stay fixed",
    arguments: [
      46,  // Overlord could not keep a restored stream's new events: one number, two events.
      64,  // Alpha, restored, did not publish its settings again.
      180,  // Nothing was retried after the clock was set back.
      167,  // The checker took for twice what was aside at a reset, and read again after it.
    ] as [UInt64])
  func regression(seed: UInt64) async {
    #expect(await report(of: seed).violation == nil)
  }
}
