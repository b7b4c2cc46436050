package import Journal

/// Takes the roles of a service for one of its replicas, and renews them each second.
///
/// A replica that cannot renew its roles gives them up before another may take them.
package struct RoleProcess: Process {
  package enum Input: Sendable {
    case started
    /// The roles that the replica and the others have.
    case has(RoleLeases)
    /// They could not be renewed: they are held until their time is over.
    case failed
    case woke
  }

  package enum Action: Sendable {
    /// Do the work of the replica's own roles, and of no others, from now on.
    ///
    /// Without a later one they are given up at a time of the monotonic clock: a renewal may wait for the
    /// database for longer than a lease.
    case hold(RoleLeases, until: Duration)
  }

  package static let start = Input.started
  package static let wake = Input.woke

  private static let interval = Duration.seconds(1)
  /// The time after which roles that were not renewed are given up: less than that of a lease, since
  /// the clocks of the database and of the process do not go alike.
  private static let patience = Duration.seconds(4)

  private let roles: [Role]
  private let replica: String
  private let statuses: @Sendable () -> [Role: String]
  private var askedAt = Duration.zero

  /// - Parameters:
  ///   - roles: all roles of the service.
  ///   - replica: a name that no other replica has.
  ///   - statuses: what the replica shows to the others of its roles, asked for at each renewal.
  package init(
    _ roles: [Role], of replica: String,
    showing statuses: @escaping @Sendable () -> [Role: String] = { [:] }
  ) {
    self.roles = roles
    self.replica = replica
    self.statuses = statuses
  }

  package mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    switch input {
    case .started, .woke:
      askedAt = now
      return [.wake(at: now + Self.interval), take]
    case .has(let leases):
      // The lease begins at the database after the question. Where the answer was late, the roles are
      // held all the same until the next renewal: no other replica may take them.
      let renewedAt = max(askedAt, now - (Self.patience - Self.interval))
      return [.perform(.hold(leases, until: renewedAt + Self.patience))]
    case .failed: return []
    }
  }

  private var take: Effect<Input, Action> {
    .write(
      Write(patience: Self.interval) { [roles, replica, statuses] transaction in
        .has(try transaction.takeRoles(roles, for: replica, showing: statuses()))
      } recover: { error in
        error is CancellationError ? nil : .failed
      })
  }
}
