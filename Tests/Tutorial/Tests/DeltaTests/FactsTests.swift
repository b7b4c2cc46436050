import Daemon
import Delta
import Testing

@Suite struct FactsTests {
  @Test func `every pinned version is unchanged`() throws {
    let problems = Registry.delta.problems(with: try .delta)
    #expect(problems == [], "\(problems.joined(separator: "\n\n"))")
  }
}
