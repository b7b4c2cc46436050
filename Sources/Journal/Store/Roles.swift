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
private let leaseTime = Duration.seconds(5)

extension Transaction {
  /// Takes the roles that are free, and renews those that a replica has.
  ///
  /// The times are those of the database's clock, where it has one; else the replica's own. A clock that
  /// is wrong gives a role to two replicas, or to none for a time, and neither loses or repeats anything.
  /// A lease that would last longer than it may is of a clock that is ahead, or was set back, and is free.
  ///
  /// - Parameter statuses: what the replica shows to the others of the roles that it has.
  /// - Returns: all roles that are held now.
  package func takeRoles(
    _ roles: [Role], for replica: String, showing statuses: [Role: String] = [:]
  ) throws -> RoleLeases {
    let now = try sharedClock() ?? wallClock
    let end = now + leaseTime
    try quietly {
      for role in roles.sorted() {
        let status = statuses[role]
        try run(
          """
          INSERT INTO roles (role, replica, until, status)
          VALUES (\(role.description), \(replica), \(end), \(status))
          ON CONFLICT (role) DO UPDATE
          SET replica = excluded.replica, until = excluded.until, status = excluded.status
          WHERE roles.replica = excluded.replica OR roles.until < \(now) OR roles.until > \(end)
          """)
      }
    }
    let held = try leases(at: now)
    return RoleLeases(
      own: Set(held.filter { $0.replica == replica }.map(\.role)).intersection(roles),
      others: held.filter { $0.replica != replica })
  }

  /// The replica that has a role now, and what it shows of it; nil where none has.
  package func lease(of role: Role) throws -> RoleLease? {
    try leases(at: try sharedClock() ?? wallClock).first { $0.role == role }
  }

  private func leases(at now: Timestamp) throws -> [RoleLease] {
    try rows("SELECT role, replica, status FROM roles WHERE until >= \(now) ORDER BY role").map {
      RoleLease(
        role: Role(description: try $0.value("role")), replica: try $0.value("replica"),
        status: try $0.value("status"))
    }
  }

  /// Removes what the replica that has a role shows of it, until it renews the role.
  package func removeStatus(of role: Role) throws {
    try quietly { try run("UPDATE roles SET status = NULL WHERE role = \(role.description)") }
  }

  /// Gives up the roles that a replica has, so that another may take them at once.
  package func giveUpRoles(of replica: String) throws {
    try run("DELETE FROM roles WHERE replica = \(replica)")
  }
}

/// The roles that are held at a time, as one replica sees them.
package struct RoleLeases: Hashable, Sendable {
  /// Those of this replica.
  package let own: Set<Role>
  /// Those of the other replicas.
  package let others: [RoleLease]

  /// The roles of this replica and of the others.
  package init(own: Set<Role>, others: [RoleLease] = []) {
    self.own = own
    self.others = others
  }
}

/// A role that a replica has now.
package struct RoleLease: Hashable, Sendable {
  /// The role.
  package let role: Role
  /// The replica that has it.
  package let replica: String
  /// What it shows of its work in this role, as of its last renewal; nil for nothing.
  package let status: String?

  /// The role of a replica.
  package init(role: Role, replica: String, status: String?) {
    self.role = role
    self.replica = replica
    self.status = status
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
