import Courier
import Events
import UnixSignals
import ZeroMQ

/// Listens, until there is enough, the time is over, or a person ends it.
struct Sniff: Sendable {
  let sources: SniffSources
  let prefixes: [String]
  let readsLogs: Bool
  let printer: EventPrinter
  let timeout: Duration?

  private enum End {
    case done
    case timedOut
  }

  /// - Throws: ``Failure``.
  func run() async throws {
    let end = try await withThrowingTaskGroup(of: End.self) { tasks in
      tasks.addTask {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
        return .done
      }
      if let timeout {
        tasks.addTask {
          try await Task.sleep(for: timeout)
          return .timedOut
        }
      }
      tasks.addTask {
        try await listen()
        return .done
      }
      defer { tasks.cancelAll() }
      return try await tasks.next() ?? .done
    }
    if end == .timedOut, let limit = printer.limit, let timeout {
      throw Failure(
        .timedOut,
        "timed out after \(timeout.inSeconds): \(printer.count) of \(limit) events came")
    }
  }

  private func listen() async throws {
    do {
      let context = try Context()
      // Everything, where the logs are read too: a gap is known by the next number.
      let subscribed = readsLogs || prefixes.isEmpty ? [""] : prefixes
      try await context.withSubscriber(connectingTo: sources.events, prefixes: subscribed) {
        Output.notes.line("listening to \(sources.events.joined(separator: ", "))")
        if readsLogs {
          var joined = JoinedSniff(reader: LogReader(context: context), printer: printer)
          try await joined.run(sources, $0.messages)
        } else {
          await hear($0.messages)
        }
      }
      await context.close()
    } catch let error as ZeroMQError {
      throw Failure(.configuration, "\(error)")
    }
  }

  private func hear(_ messages: Batches<Message>) async {
    for await batch in messages {
      for message in batch {
        guard case .more = hear(message) else { return }
      }
    }
  }

  private func hear(_ message: Message) -> EventPrinter.Outcome {
    if let record = Record(frames: message.frames) { return printer.print(record) }
    if let beat = Beat(frames: message.frames), let topic = message.frames.first {
      return printer.print(beat, topic: topic)
    }
    return .more
  }
}
