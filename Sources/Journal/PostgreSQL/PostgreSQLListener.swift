import Dispatch
import Glibc
import Synchronization

/// Learns of the commits of other replicas, and reports those of this process to them, in a session and
/// on a thread of its own.
///
/// A report follows its commit, in a transaction of its own: PostgreSQL lets the transactions that
/// notify commit one after another, those of all databases of a server. One report is for all commits
/// before it.
///
/// A notification may be lost with the session. Where one has ended, a commit is assumed when the next
/// one listens. A report that is lost with its process is made up for by the renewal of roles: each
/// replica then finds the head of the log.
///
/// A commit is visible, and not on the standby for which it should have waited, where the wait was
/// cancelled or the server has crashed meanwhile. It is not reported, since its process does not know that
/// it has committed; and the commits that are assumed are on the standby: the session has made one of its own
/// before.
final class PostgreSQLListener: Sendable {
  /// Reports commits to the others.
  ///
  /// A channel is of a database, and a journal is of a schema.
  ///
  /// - Parameter writer: the number of this process among the writers.
  private static func notification(from writer: Int64?) -> SQL {
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
  /// Whether this process has committed since its last report.
  private let isNews = Atomic(false)
  /// Wakes the thread for a report.
  private let bell: Bell

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
    bell = Bell()
    DispatchQueue(label: "eventually.journal.listener").async { self.listen() }
  }

  /// Reports soon that this process has committed.
  func notify() {
    if !isNews.exchange(true, ordering: .acquiringAndReleasing) { bell.ring() }
  }

  /// Ends the session soon; nothing is reported any more.
  func close() {
    isClosed.store(true, ordering: .releasing)
  }

  private var isOpen: Bool { !isClosed.load(ordering: .acquiring) }

  private func listen() {
    while isOpen {
      if let session = try? connected() {
        report(.listening)
        while isOpen, send(by: session),
          let writers = session.notifications(waiting: Self.interval, or: bell.file)
        {
          report(.committed(writers))
        }
      } else {
        poll(nil, 0, Self.pause)
      }
    }
  }

  /// Waits until what was committed so far is on the standby, where commits wait for one.
  private func awaitStandby(_ session: PostgreSQLSession) throws {
    let warnings = session.warnings
    _ = try session.rows(
      """
      SELECT CASE WHEN current_setting('synchronous_standby_names') <> ''
      THEN pg_logical_emit_message(true, 'eventually', '')::text END AS place
      """)
    // A warning: its own wait was cancelled.
    guard session.warnings == warnings else { throw CancellationError() }
  }

  /// Reports what this process has committed, to the others.
  ///
  /// - Returns: whether the session goes on.
  private func send(by session: PostgreSQLSession) -> Bool {
    bell.silence()
    guard isNews.exchange(false, ordering: .acquiringAndReleasing) else { return true }
    do {
      _ = try session.rows(Self.notification(from: own()))
      return true
    } catch {
      isNews.store(true, ordering: .releasing)
      return false
    }
  }

  private func report(_ notice: ServerNotice) {
    if isOpen, notice.isNews(for: own()) { committed() }
  }

  private func connected() throws -> PostgreSQLSession {
    let session = try PostgreSQLSession(to: address, settings: PostgreSQLSettings.writer)
    let schema = try session.rows(
      "SELECT quote_ident(current_schema())::regnamespace::oid::bigint AS schema"
    ).first?.value("schema", as: Int.self)
    try session.script(
      "SET application_name = 'eventually listener'; LISTEN eventually_\(schema ?? 0)")
    try awaitStandby(session)
    // A report need not be on the disk.
    try session.script("SET synchronous_commit = off")
    return session
  }
}

/// A pipe that wakes a thread that waits for a socket.
private final class Bell: Sendable {
  /// Readable since it was rung; negative where the process may open no more files.
  let file: Int32
  private let end: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    file = ends[0]
    end = ends[1]
  }

  deinit {
    close(file)
    close(end)
  }

  func ring() {
    var byte: UInt8 = 1
    write(end, &byte, 1)
  }

  func silence() {
    var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
    while read(file, &bytes, bytes.count) == bytes.count {}
  }
}
