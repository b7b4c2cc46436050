import Courier
import Events
import ZeroMQ

/// The answers of the services' logs about themselves.
enum StreamStatus {
  /// Asks each log.
  ///
  /// - Parameters:
  ///   - sources: where the logs are.
  ///   - notes: whether those that do not answer are noted.
  /// - Throws: ``Failure`` 69, where none answers, or this user may not use a socket.
  static func read(_ sources: SniffSources, notes: Bool = true) async throws -> [StatusAnswer] {
    for endpoint in sources.logs { try SocketPlace(endpoint)?.check() }
    let context: Context
    do {
      context = try Context()
    } catch {
      throw Failure(.configuration, "\(error)")
    }
    let reader = LogReader(context: context)
    let answers = try await withThrowingTaskGroup(of: (Int, StatusAnswer?).self) { tasks in
      for (index, endpoint) in sources.logs.enumerated() {
        tasks.addTask { (index, try await reader.status(endpoint)) }
      }
      return try await tasks.reduce(into: [Int: StatusAnswer]()) { $0[$1.0] = $1.1 }
    }
    await context.close()
    let silent = sources.logs.indices.filter { answers[$0] == nil }.map { sources.logs[$0] }
    guard !answers.isEmpty else {
      throw Failure(
        .unreachable,
        """
        no log answers at \(silent.joined(separator: ", ")). Start the services with \
        `eventually up`, or name their folder with --state or --run.
        """)
    }
    for endpoint in silent where notes { Output.notes.line("\(endpoint) does not answer") }
    return answers.sorted { $0.key < $1.key }.map(\.value)
  }
}
