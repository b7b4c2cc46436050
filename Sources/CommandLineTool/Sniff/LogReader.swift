import Courier
import Events
import FoundationEssentials
import ZeroMQ

/// Sends requests to logs, on a socket for each: a page of 500 events costs more than the socket.
struct LogReader: Sendable {
  private static let patience = Duration.seconds(2)

  let context: Context

  /// - Returns: the state of the log; nil without an answer.
  func status(_ endpoint: String) async throws -> StatusAnswer? {
    guard case .status(let answer) = try await ask(.status(.integer(1)), of: endpoint) else {
      return nil
    }
    return answer
  }

  /// - Returns: a page; nil without an answer.
  /// - Throws: the log's refusal.
  func page(_ stream: String, after: UInt64, of endpoint: String) async throws
    -> (EventsAnswer, [Record])?
  {
    let fetch = Fetch(id: .integer(1), stream: stream, after: after, limit: Fetch.maxLimit)
    switch try await ask(.fetch(fetch), of: endpoint) {
    case .events(let answer, let records): return (answer, records)
    case .error(let refusal): throw refusal
    case .status, nil: return nil
    }
  }

  private func ask(_ request: LogRequest, of endpoint: String) async throws -> LogReply? {
    try await withThrowingTaskGroup(of: LogReply?.self) { tasks in
      tasks.addTask {
        try await context.withDealer(connectingTo: [endpoint]) { dealer in
          try await dealer.connected()
          try await dealer.send([Message(request.frames)])
          for await batch in dealer.messages {
            if let reply = batch.compactMap({ LogReply(frames: $0.frames) }).first { return reply }
          }
          return nil
        }
      }
      tasks.addTask {
        try await Task.sleep(for: Self.patience)
        return nil
      }
      defer { tasks.cancelAll() }
      return try await tasks.next() ?? nil
    }
  }
}
