import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(10))) struct `The shortest story of a failure` {
  private let acts = (0..<12).map { number in
    Act(number: number, at: Moment(number) * 1000, deed: .jump(.overlord, by: Int64(number)))
  }

  @Test func `only the act that it takes is left`() {
    let shrinking = Shrinking(acts, limit: 100) { kept in kept.contains { $0.number == 7 } }
    #expect(shrinking.acts.map(\.number) == [7])
  }

  @Test func `acts that fail only together are left together, in their order`() {
    let shrinking = Shrinking(acts, limit: 100) { kept in
      Set(kept.map(\.number)).isSuperset(of: [2, 3, 11])
    }
    #expect(shrinking.acts.map(\.number) == [2, 3, 11])
  }

  @Test func `it takes no more runs than it may`() {
    let shrinking = Shrinking(acts, limit: 5) { kept in kept.contains { $0.number == 0 } }
    #expect(shrinking.runs <= 5)
    #expect(shrinking.acts.contains { $0.number == 0 })
  }
}
