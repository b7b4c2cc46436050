import Simulation
import Testing

@Suite struct `The simulation` {
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `a seed is green`(seed: UInt64) {
    #expect(Simulation.run(Plan(seed: seed)).violation == nil)
  }
}
