import Courier
import Daemon
import Dispatch
import Events
import Glibc
import Runtime
import UnixSignals
import ZeroMQ

/// Listens, until there is enough, the time is over, or a person ends it.
struct Sniff: Sendable {
  let sources: SniffSources
  let plan: EventReading.Plan
  let sink: any EventSink
  var timeout: Duration?
  /// The failure that the end of the time is; nil where it is none.
  var lateness: @Sendable () -> Failure? = { nil }

  private enum End {
    case done
    case timedOut
  }

  /// - Returns: the expected streams of which no message came.
  /// - Throws: ``Failure``.
  @discardableResult
  func run() async throws -> [String] {
    let missing = try sources.missing(all: plan.start != .live)
    let presence = Presence(
      expecting: plan.endsAtEnd ? [] : sources.streams, now: RuntimeContext.system.uptime,
      note: { Output.notes.line($0) })
    var exit: DispatchWorkItem?
    defer { exit?.cancel() }
    let end = try await withThrowingTaskGroup(of: End.self) { tasks in
      tasks.addTask {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
        return .done
      }
      tasks.addTask {
        await Latch.whenReaderGone(STDOUT_FILENO).wait()
        return .done
      }
      tasks.addTask { try await announce(missing) }
      tasks.addTask { try await watch(presence) }
      if let timeout {
        tasks.addTask {
          try await Task.sleep(for: timeout)
          return .timedOut
        }
      }
      tasks.addTask {
        try await listen(presence)
        return .done
      }
      let end = try await tasks.next() ?? .done
      tasks.cancelAll()
      exit = exitIfStuck(end == .timedOut ? lateness()?.status : nil)
      return end
    }
    if end == .timedOut, let failure = lateness() { throw failure }
    return presence.unheard
  }

  /// A reader that is stuck, a pager perhaps, holds up a write for as long as it likes; the end
  /// does not wait for it.
  ///
  /// - Returns: the end of the process in a second, to be cancelled when nothing was stuck.
  private func exitIfStuck(_ status: Failure.Status?) -> DispatchWorkItem {
    let exit = DispatchWorkItem { _exit(status?.rawValue ?? 0) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1), execute: exit)
    return exit
  }

  /// Notes each endpoint when its socket appears and is listened to.
  private func announce(_ missing: [String]) async throws -> End {
    // What only the logs are read for needs no word of it.
    if plan.endsAtEnd { return try await waitForOthers() }
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
    // Every endpoint is noted.
    return try await waitForOthers()
  }

  /// The other tasks decide when the command ends.
  private func waitForOthers() async throws -> End {
    await Latch().wait()
    return .done
  }

  private func watch(_ presence: Presence) async throws -> End {
    while true {
      try await Task.sleep(for: .milliseconds(500))
      presence.check()
    }
  }

  private func listen(_ presence: Presence) async throws {
    do {
      let context = try Context()
      // Everything: a gap is known by the next number.
      try await context.withSubscriber(connectingTo: sources.events, prefixes: [""]) {
        var reading = EventReading(
          plan, reader: LogReader(context: context), sink: sink, presence: presence)
        try await reading.run(sources, messages: $0.messages)
      }
      await context.close()
    } catch let error as ZeroMQError {
      throw Failure(.configuration, "\(error)")
    }
  }
}
