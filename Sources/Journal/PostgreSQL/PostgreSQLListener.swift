import Dispatch
import Glibc
import Synchronization

/// Learns of the commits of other replicas, in a session and on a thread of its own.
///
/// A notification may be lost with the session. Where one has ended, a commit is assumed when the next
/// one listens.
///
/// A commit is visible, and not on the standby for which it should have waited, where the wait was
/// cancelled or the server has crashed meanwhile. So none is reported before a commit of this session,
/// which waits for the standby too: what was committed before it is there then.
final class PostgreSQLListener: Sendable {
  /// Reports a commit to the others, as the end of the transaction.
  ///
  /// A channel is of a database, and a journal is of a schema.
  ///
  /// - Parameter writer: the number of this process among the writers.
  static func notification(from writer: Int64?) -> SQL {
    """
    SELECT pg_notify('eventually_' || quote_ident(current_schema())::regnamespace::oid,
    CAST(\(writer) AS bigint)::text)
    """
  }

  /// The time between two looks at whether the journal is closed, in milliseconds.
  private static let interval: Int32 = 500
  /// The pause before the next attempt to connect, in milliseconds.
  private static let pause: Int32 = 500

  private let address: PostgreSQLAddress
  private let own: @Sendable () -> Int64?
  private let committed: @Sendable () -> Void
  private let isClosed = Atomic(false)

  /// Listens until it is closed.
  ///
  /// - Parameters:
  ///   - address: the database.
  ///   - own: the number of this process among the writers, whose commits are not reported.
  ///   - committed: called after the commits of others.
  init(
    _ address: PostgreSQLAddress, ignoring own: @escaping @Sendable () -> Int64?,
    _ committed: @escaping @Sendable () -> Void
  ) {
    self.address = address
    self.own = own
    self.committed = committed
    DispatchQueue(label: "eventually.journal.listener").async { self.listen() }
  }

  /// Ends the session soon; nothing is reported any more.
  func close() {
    isClosed.store(true, ordering: .releasing)
  }

  private var isOpen: Bool { !isClosed.load(ordering: .acquiring) }

  private func listen() {
    while isOpen {
      if let session = try? connected(), isOnStandby(session) {
        report()
        while isOpen, let writers = session.notifications(waiting: Self.interval) {
          let own = own()
          guard writers.contains(where: { $0 != own }) else { continue }
          guard isOnStandby(session) else { break }
          report()
        }
      } else {
        poll(nil, 0, Self.pause)
      }
    }
  }

  /// Whether what was committed so far is on the standby, where commits wait for one.
  private func isOnStandby(_ session: PostgreSQLSession) -> Bool {
    let warnings = session.warnings
    let commit: SQL = """
      SELECT CASE WHEN current_setting('synchronous_standby_names') <> ''
      THEN pg_logical_emit_message(true, 'eventually', '')::text END AS place
      """
    // A warning: its own wait was cancelled.
    return (try? session.rows(commit)) != nil && session.warnings == warnings
  }

  private func report() {
    if isOpen { committed() }
  }

  private func connected() throws -> PostgreSQLSession {
    let session = try PostgreSQLSession(to: address, settings: PostgreSQLSettings.reader)
    let schema = try session.rows(
      "SELECT quote_ident(current_schema())::regnamespace::oid::bigint AS schema"
    ).first?.value("schema", as: Int.self)
    try session.script("LISTEN eventually_\(schema ?? 0)")
    return session
  }
}
