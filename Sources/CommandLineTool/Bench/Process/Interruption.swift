import ArgumentParser
import Glibc
import UnixSignals

/// Runs work until it ends, or a signal arrives: the work is then cancelled, so that it ends its
/// processes and removes its files, and the exit code is 128 and the signal's number.
func untilInterrupted<Value: Sendable>(
  _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
  return try await withThrowingTaskGroup(of: Value.self) { tasks in
    tasks.addTask { try await work() }
    tasks.addTask {
      for await signal in signals { throw ExitCode(128 + signal.rawValue) }
      throw CancellationError()
    }
    defer { tasks.cancelAll() }
    guard let value = try await tasks.next() else { throw CancellationError() }
    return value
  }
}
