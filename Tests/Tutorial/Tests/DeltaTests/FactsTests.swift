import Daemon
import Delta
import Testing

@Suite struct FactsTests {
  @Test func `what was pinned is as it was`() throws {
    let problems = Registry.delta.problems(with: try .delta)
    #expect(problems == [], "\(problems.joined(separator: "\n\n"))")
  }
}
