import Runtime

/// A part of a service's work that one replica does at a time.
///
/// For economy alone: every role on every replica at once is right too, since the cursor is compared in
/// the transaction and a charge has one key.
package struct Role: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The name in the table of roles.
  package let description: String

  /// Publishing the log's events and beats.
  package static let publish = Role(description: "publish")
  /// Retries, pruning and checks of the journal.
  package static let upkeep = Role(description: "upkeep")
  /// Work outside the journal, for example charging.
  package static let work = Role(description: "work")

  /// Following a stream.
  package static func follow(_ stream: String) -> Role { Role(description: "follow \(stream)") }

  /// By the name.
  package static func < (left: Role, right: Role) -> Bool { left.description < right.description }
}

/// The time for which a role is held without being renewed.
private let lease = Duration.seconds(5)

extension Transaction {
  /// Takes the roles that are free, and renews those that a replica has.
  ///
  /// The times are those of the database's clock, where it has one; else the replica's own. A clock that
  /// is wrong gives a role to two replicas, or to none for a time, and neither loses or repeats anything.
  /// A lease that would last longer than it may is of a clock that is ahead, or was set back, and is free.
  ///
  /// - Returns: the roles that it has now.
  package func takeRoles(_ roles: [Role], for replica: String) throws -> Set<Role> {
    let now = try sharedClock() ?? wallClock
    let end = now + lease
    try quietly {
      for role in roles.sorted() {
        try run(
          """
          INSERT INTO roles (role, replica, until) VALUES (\(role.description), \(replica), \(end))
          ON CONFLICT (role) DO UPDATE SET replica = excluded.replica, until = excluded.until
          WHERE roles.replica = excluded.replica OR roles.until < \(now) OR roles.until > \(end)
          """)
      }
    }
    let own = try rows("SELECT role FROM roles WHERE replica = \(replica)")
    return Set(try own.map { Role(description: try $0.value("role")) }).intersection(roles)
  }

  /// Gives up the roles that a replica has, so that another may take them at once.
  package func giveUpRoles(of replica: String) throws {
    try run("DELETE FROM roles WHERE replica = \(replica)")
  }
}

/// A role, and the replica that has it.
package struct HeldRole: Codable, Hashable, Sendable {
  /// The role.
  package let role: String
  /// The replica that has it, or had it last.
  package let replica: String
}

extension Reader {
  /// The roles of the service's replicas, by name; none where it has one process.
  package func heldRoles() throws -> [HeldRole] {
    try rows("SELECT role, replica FROM roles ORDER BY role").map { row in
      HeldRole(role: try row.value("role"), replica: try row.value("replica"))
    }
  }
}
