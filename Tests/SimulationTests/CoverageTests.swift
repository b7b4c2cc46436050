import Simulation
import Testing

@Suite struct `What the simulation meets` {
  @Test func `some hundred seeds meet every crash point and every kind of fault`() {
    let campaign = Campaign(from: 1, seeds: 100, jobs: 2, goesOn: true)
    let failures = campaign.run()
    #expect(failures.isEmpty, "\(failures)")
    let counts = campaign.counts
    for point in CrashPoint.allCases {
      #expect(counts.crashes[point, default: 0] > 0, "no crash \(point.rawValue)")
    }
    for kind in FaultKind.allCases {
      #expect(counts.faults[kind, default: 0] > 0, "no \(kind.rawValue)")
    }
  }
}
