import AsyncAlgorithms
import Events
package import Journal
package import Runtime

/// Runs a process on the journal, the clock and what its actions need: the daemons' driver.
package struct Driver<Running: Process> {
  /// The process, as it is after the last input.
  package private(set) var process: Running
  private let journal: ServiceJournal
  private let runtime: RuntimeContext
  /// Of this run: what has iterated over its rings once has ended them.
  private var alarm = Alarm()

  package init(_ process: Running, journal: ServiceJournal, runtime: RuntimeContext) {
    self.process = process
    self.journal = journal
    self.runtime = runtime
  }

  /// Gives inputs to the process and performs its effects, until its task is cancelled: timers
  /// outlive the inputs.
  ///
  /// - Parameters:
  ///   - inputs: what happens outside.
  ///   - perform: performs an action, and returns the input that it results in.
  ///   - show: sees the process after each input from outside.
  /// - Throws: an error of the journal or of `perform` of which the process does not know.
  package mutating func run<Inputs: AsyncSequence & Sendable>(
    on inputs: Inputs, show: (Running) -> Void = { _ in },
    perform: (Running.Action) async throws -> Running.Input?
  ) async throws where Inputs.Element == Running.Input, Inputs.Failure == Never {
    alarm = Alarm()
    try await take(Running.start, perform)
    show(process)
    for await input in merge(inputs, alarm.rings.map { Running.wake }) {
      try await take(input, perform)
      show(process)
    }
  }

  private mutating func take(
    _ input: Running.Input, _ perform: (Running.Action) async throws -> Running.Input?
  ) async throws {
    let now = runtime.uptime()
    for effect in process.handle(input, at: now, random: runtime.random) {
      let outcomes = try await outcomes(of: effect, perform)
      for outcome in outcomes { try await take(outcome.input, perform) }
      guard outcomes.allSatisfy(\.isSuccess) else { return }
    }
  }

  private struct Outcome {
    let input: Running.Input
    var isSuccess = true
  }

  private func outcomes(
    of effect: Effect<Running.Input, Running.Action>,
    _ perform: (Running.Action) async throws -> Running.Input?
  ) async throws -> [Outcome] {
    switch effect {
    case .wake(let time):
      alarm.set(at: time, from: runtime.uptime())
      return []
    case .perform(let action):
      return try await perform(action).map { [Outcome(input: $0)] } ?? []
    case .read(let read): return [try await outcome(of: read)]
    case .write(let writes) where writes.count == 1: return [try await outcome(of: writes[0])]
    case .write(let writes): return try await outcomes(of: writes)
    }
  }

  private func outcome(of read: Read<Running.Input>) async throws -> Outcome {
    do {
      return Outcome(input: try await journal.read(read.query))
    } catch {
      return try Self.outcome(of: error, read.recover)
    }
  }

  private func outcome(of write: Write<Running.Input>) async throws -> Outcome {
    do {
      return Outcome(input: try await journal.write(patience: write.patience, write.work))
    } catch {
      return try Self.outcome(of: error, write.recover)
    }
  }

  /// The pieces are asked for at once, so that they share a commit.
  private func outcomes(of writes: [Write<Running.Input>]) async throws -> [Outcome] {
    try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
      for (place, write) in writes.enumerated() {
        group.addTask { (place, try await outcome(of: write)) }
      }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private static func outcome(
    of error: any Error, _ recover: (any Error) -> Running.Input?
  ) throws -> Outcome {
    guard let input = recover(error) else { throw error }
    return Outcome(input: input, isSuccess: false)
  }
}
