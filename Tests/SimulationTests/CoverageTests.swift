import Simulation
import Testing

@Suite(.timeLimit(.minutes(10))) struct `What the simulation meets` {
  /// That some hundred seeds meet everything is asked of `make simulate`, which runs them.
  @Test func `a few seeds meet most of it, and what they do not is named`() async {
    let campaign = Campaign(from: 1, seeds: 12, jobs: 1, goesOn: true)
    let failures = await run { campaign.run() }
    #expect(failures.isEmpty)
    let unmet = campaign.counts.unmet
    #expect(unmet.count < 8, "\(unmet)")
    #expect(campaign.done == 12)
    // The rarer ones of these are asked of some hundred seeds.
    #expect(!unmet.contains("gateway: several calls share a commit"))
    #expect(!unmet.contains("charging: several answers share a commit"))
  }

  @Test func `met situations are counted over all seeds`() {
    var one = Counts()
    var other = Counts()
    one.crashes[.compaction] = 1
    other.crashes[.compaction] = 2
    other.faults[.drop] = 3
    other.events["edit: taken"] = 1
    one.add(other)
    #expect(one.crashes[.compaction] == 3)
    #expect(!one.unmet.contains("fault: drop"))
    #expect(one.unmet.contains("fault: raw copy"))
    #expect(!one.unmet.contains("edit: taken"))
    #expect(one.unmet.contains("charging: an answer is stored beside one that cannot be"))
    #expect(one.unmet.contains("charging: killed with several answers that are not stored"))
    #expect(one.unmet.contains("gateway: a call is booked beside one that cannot be"))
    #expect(one.unmet.contains("old build: taken up after the upgrade"))
    #expect(one.unmetOfReplicas.contains("replicas: one stands still in a transaction"))
    #expect(one.unmetOfReplicas.contains("fault: lost notice of a commit"))
    #expect(!one.unmetOfReplicas.contains("fault: raw copy"))
    #expect(one.lines.contains { $0.hasPrefix("fault: raw copy") && $0.hasSuffix(" 0") })
  }
}
