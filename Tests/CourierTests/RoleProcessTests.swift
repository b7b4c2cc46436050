import Courier
import Journal
import Testing

/// The roles of one replica: input in, action out.
@Suite(.timeLimit(.minutes(1)))
struct RoleProcessTests {
  private let roles: [Role] = [.publish, .upkeep]

  /// The roles that are to be held from now on; nil where nothing is said of them.
  private func held(_ effects: [Effect<RoleProcess.Input, RoleProcess.Action>]) -> Set<Role>? {
    effects.lazy.compactMap {
      if case .perform(.hold(let leases, until: _)) = $0 { leases.own } else { nil }
    }.first
  }

  private func handle(
    _ input: RoleProcess.Input, _ process: inout RoleProcess, at now: Duration
  ) -> Set<Role>? {
    held(process.handle(input, at: now, random: { 0 }))
  }

  @Test func `what is taken is held, and longer at each renewal`() {
    var process = RoleProcess(roles, of: "a")
    #expect(handle(.started, &process, at: .zero) == nil)
    #expect(handle(.has(RoleLeases(own: [.publish])), &process, at: .zero) == [.publish])
    #expect(handle(.woke, &process, at: .seconds(1)) == nil)
    #expect(handle(.has(RoleLeases(own: [.publish])), &process, at: .seconds(1)) == [.publish])
    #expect(handle(.woke, &process, at: .seconds(2)) == nil)
    #expect(
      handle(.has(RoleLeases(own: [.publish, .upkeep])), &process, at: .seconds(2)) == [
        .publish, .upkeep,
      ])
  }

  @Test func `roles that cannot be renewed are given up before their lease ends`() {
    var process = RoleProcess(roles, of: "a")
    _ = handle(.started, &process, at: .zero)
    // The lease counts from the question, and not from its answer.
    #expect(end(.has(RoleLeases(own: [.publish])), &process, at: .seconds(1)) == .seconds(4))
    _ = handle(.woke, &process, at: .seconds(2))
    #expect(end(.failed, &process, at: .seconds(3)) == nil)
    _ = handle(.woke, &process, at: .seconds(4))
    #expect(end(.has(RoleLeases(own: [.publish])), &process, at: .seconds(4)) == .seconds(8))
  }

  @Test func `roles whose renewal was answered late are held until the next one`() {
    var process = RoleProcess(roles, of: "a")
    _ = handle(.started, &process, at: .zero)
    #expect(end(.has(RoleLeases(own: [.publish])), &process, at: .seconds(9)) == .seconds(10))
  }

  /// When the roles are given up; nil where nothing is said of them.
  private func end(
    _ input: RoleProcess.Input, _ process: inout RoleProcess, at now: Duration
  ) -> Duration? {
    process.handle(input, at: now, random: { 0 }).lazy.compactMap {
      if case .perform(.hold(_, let end)) = $0 { end } else { nil }
    }.first
  }
}
