/// A session as the server knows it: numbers of processes are used again, also by other servers.
struct PostgreSQLBackend {
  let process: Int64
  /// In microseconds.
  let startedAt: Int64
}

extension PostgreSQLSession {
  func backend() throws -> PostgreSQLBackend? {
    try rows(
      """
      SELECT pid::bigint AS process, (extract(epoch FROM backend_start) * 1000000)::bigint AS started
      FROM pg_stat_activity WHERE pid = pg_backend_pid()
      """
    ).first.map {
      PostgreSQLBackend(process: try $0.value("process"), startedAt: try $0.value("started"))
    }
  }

  /// Ends another session of this process, where the server still has it, and waits until it has ended.
  func end(_ backend: PostgreSQLBackend) throws {
    _ = try rows(
      """
      SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity
      WHERE pid = \(backend.process)
      AND (extract(epoch FROM backend_start) * 1000000)::bigint = \(backend.startedAt)
      """)
  }
}
