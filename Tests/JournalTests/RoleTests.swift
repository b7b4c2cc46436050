import Journal
import RoomTesting
import Runtime
import Testing

/// The table of roles, in which replicas take what is free.
@Suite(.timeLimit(.minutes(1)))
struct RoleTests {
  private let clock = TestClock()
  private let journals: [ServiceJournal]

  init() throws {
    let store = try MemoryStore()
    let runtime = clock.runtime
    journals = try (0..<2).map { _ in
      try ServiceJournal(.store(store), of: "alpha", runtime: runtime)
    }
  }

  private func take(_ roles: [Role], for replica: String) throws -> Set<Role> {
    try journals[replica == "a" ? 0 : 1].write { try $0.takeRoles(roles, for: replica).own }
  }

  @Test func `a role is one replica's, until it is not renewed for five seconds`() throws {
    #expect(try take([.publish, .upkeep], for: "a") == [.publish, .upkeep])
    #expect(try take([.publish, .work], for: "b") == [.work])
    clock.advance(microseconds: 4_000_000)
    #expect(try take([.publish], for: "a") == [.publish])
    clock.advance(microseconds: 2_000_000)
    #expect(try take([.publish, .upkeep], for: "b") == [.upkeep])
    clock.advance(microseconds: 4_000_000)
    #expect(try take([.publish], for: "b") == [.publish])
    #expect(try take([.publish], for: "a") == [])
  }

  @Test func `what a replica shows of its role is seen by others until its lease ends`() throws {
    let role = Role.follow("beta")
    func leases(of replica: String, showing status: String?) throws -> RoleLeases {
      try journals[replica == "a" ? 0 : 1].write {
        try $0.takeRoles([role], for: replica, showing: status.map { [role: $0] } ?? [:])
      }
    }
    #expect(try leases(of: "a", showing: "first").others == [])
    let seen = RoleLease(role: role, replica: "a", status: "first")
    #expect(try leases(of: "b", showing: "mine") == RoleLeases(own: [], others: [seen]))
    #expect(try journals[1].write { try $0.lease(of: role) } == seen)
    try journals[1].write { try $0.removeStatus(of: role) }
    #expect(try journals[1].write { try $0.lease(of: role) }?.status == nil)
    _ = try leases(of: "a", showing: "second")
    #expect(try leases(of: "b", showing: nil).others.map(\.status) == ["second"])
    clock.advance(microseconds: 6_000_000)
    #expect(try journals[0].write { try $0.lease(of: role) } == nil)
    #expect(try leases(of: "b", showing: "mine") == RoleLeases(own: [role]))
  }

  @Test func `a lease that ends too far ahead, since the clock was set back, is free`() throws {
    _ = try take([.publish], for: "a")
    clock.setBack(microseconds: 3_600_000_000)
    #expect(try take([.publish], for: "b") == [.publish])
  }
}
