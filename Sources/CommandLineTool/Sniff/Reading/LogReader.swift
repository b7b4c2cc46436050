import Courier
import Events
import FoundationEssentials
import Runtime
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
  func page(
    _ stream: String, after: UInt64, of endpoint: String, limit: Int = Fetch.maxLimit
  ) async throws -> (EventsAnswer, [Record])? {
    let fetch = Fetch(id: .integer(1), stream: stream, after: after, limit: limit)
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
            let replies = batch.compactMap { LogReply(frames: Array($0.frames)) }
            if let reply = replies.first { return reply }
          }
          return nil
        }
      }
      tasks.addTask {
        await Latch().wait(atMost: Self.patience)
        return nil
      }
      defer { tasks.cancelAll() }
      return try await tasks.next() ?? nil
    }
  }
}

// MARK: Places

extension LogReader {
  /// The sequence number after which a stream is read, so that all wanted events come after it.
  ///
  /// - Throws: the log's refusal.
  func place(
    of start: EventStart, in stream: String, at endpoint: String,
    wanted: (SniffedEvent) -> Bool
  ) async throws -> UInt64 {
    switch start {
    case .live, .beginning: return 0
    case .sequence(let sequence):
      return min(sequence - min(sequence, 1), try await status(endpoint)?.head ?? 0)
    case .time(let time): return try await place(before: time, in: stream, at: endpoint)
    case .last(let count):
      return try await place(before: count, in: stream, at: endpoint, wanted: wanted)
    }
  }

  /// Halves the log until the first event of a time is found: times grow within a log.
  private func place(before time: Timestamp, in stream: String, at endpoint: String) async throws
    -> UInt64
  {
    guard let status = try await status(endpoint) else { return 0 }
    // Some events are kept for good below the floor.
    var low: UInt64 = 0
    var high = status.head
    while low < high {
      let middle = low + (high - low) / 2
      guard let first = try await page(stream, after: middle, of: endpoint, limit: 1)?.1.first
      else { return low }
      if first.header.committedAt < time { low = first.header.sequence } else { high = middle }
    }
    return low
  }

  /// Reads pages from the end backwards, until so many events that are wanted were seen.
  private func place(
    before count: Int, in stream: String, at endpoint: String, wanted: (SniffedEvent) -> Bool
  ) async throws -> UInt64 {
    guard let status = try await status(endpoint) else { return 0 }
    let floor = status.floor - min(status.floor, 1)
    var place = status.head
    var found = 0
    while found < count {
      // Below the floor there are few.
      guard place > floor else { return 0 }
      let end = place
      place = max(floor, place - min(place, UInt64(Fetch.maxLimit)))
      let limit = Int(end - place)
      guard let records = try await page(stream, after: place, of: endpoint, limit: limit)?.1 else {
        return place
      }
      found += records.count { $0.header.sequence <= end && wanted(SniffedEvent($0)) }
    }
    return place
  }
}
