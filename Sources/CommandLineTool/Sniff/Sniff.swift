import Courier
import Dispatch
import Events
import Glibc
import UnixSignals
import ZeroMQ

/// Listens, until there is enough, the time is over, or a person ends it.
struct Sniff: Sendable {
  let sources: SniffSources
  let prefixes: [String]
  let readsLogs: Bool
  let printer: EventPrinter
  let timeout: Duration?
  /// The sockets that are not there yet, by path.
  let missing: [String]

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
      tasks.addTask {
        await Latch.whenReaderGone(STDOUT_FILENO).wait()
        return .done
      }
      tasks.addTask { try await announce() }
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
      let end = try await tasks.next() ?? .done
      tasks.cancelAll()
      exitIfStuck(end == .timedOut && printer.limit != nil ? .timedOut : nil)
      return end
    }
    if end == .timedOut, let limit = printer.limit, let timeout {
      throw Failure(
        .timedOut,
        "timed out after \(timeout.inSeconds): \(printer.count) of \(limit) events came")
    }
  }

  /// A reader that is stuck, a pager perhaps, holds up a write for as long as it likes; the end
  /// does not wait for it.
  private func exitIfStuck(_ status: Failure.Status?) {
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) {
      _exit(status?.rawValue ?? 0)
    }
  }

  /// Notes each endpoint when its socket appears and is listened to.
  private func announce() async throws -> End {
    let there = sources.events.filter { !missing.contains($0) }
    if !there.isEmpty { Output.notes.line("listening to \(there.joined(separator: ", "))") }
    for endpoint in missing {
      Output.notes.line("\(endpoint) is not there yet, and is listened to as soon as it is")
    }
    var waiting = missing
    while !waiting.isEmpty {
      // Some file systems with sockets do not report new files.
      try await Task.sleep(for: .milliseconds(200))
      for endpoint in waiting where SocketPlace(endpoint)?.finding == .there {
        Output.notes.line("listening to \(endpoint)")
        waiting.removeAll { $0 == endpoint }
      }
    }
    // Every endpoint is noted; the other tasks decide when the command ends.
    await Latch().wait()
    return .done
  }

  private func listen() async throws {
    do {
      let context = try Context()
      // Everything, where the logs are read too: a gap is known by the next number.
      let subscribed = readsLogs || prefixes.isEmpty ? [""] : prefixes
      try await context.withSubscriber(connectingTo: sources.events, prefixes: subscribed) {
        if readsLogs {
          var joined = JoinedSniff(reader: LogReader(context: context), printer: printer)
          try await joined.run(sources, messages: $0.messages)
        } else {
          await receive($0.messages)
        }
      }
      await context.close()
    } catch let error as ZeroMQError {
      throw Failure(.configuration, "\(error)")
    }
  }

  private func receive(_ messages: Batches<Message>) async {
    for await batch in messages {
      for message in batch {
        guard case .more = receive(message) else { return }
      }
    }
  }

  private func receive(_ message: Message) -> EventPrinter.Outcome {
    if let record = Record(frames: message.frames) { return printer.print(record) }
    if let beat = Beat(frames: message.frames), let topic = message.frames.first {
      return printer.print(beat, topic: topic)
    }
    return .more
  }
}
