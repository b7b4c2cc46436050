import Events
package import Journal
package import Runtime

/// Runs a process on the journal, the clock and what its actions need: the daemons' driver.
package struct Driver<Running: Process> {
  /// The process, as it is after the last input.
  package private(set) var process: Running
  private let journal: ServiceJournal
  private let runtime: RuntimeContext
  private let waker = Waker()
  /// The time of the next ``Process/wake``; nil while none is set.
  private var wakesAt: Duration?

  package init(_ process: Running, journal: ServiceJournal, runtime: RuntimeContext) {
    self.process = process
    self.journal = journal
    self.runtime = runtime
  }

  /// Gives inputs to the process and performs its effects, until its task is cancelled.
  ///
  /// - Parameters:
  ///   - sources: what happens outside.
  ///   - turns: after how many turns with an input the other tasks of the thread have theirs, so that a
  ///     peer that floods a source does not keep them from it.
  ///   - perform: performs an action, and returns the input that it results in.
  ///   - show: sees the process after each input from outside.
  /// - Throws: an error of the journal or of `perform` of which the process does not know.
  package mutating func run(
    on sources: [InputSource<Running.Input>] = [], yieldingAfter turns: Int = 16,
    show: (Running) -> Void = { _ in },
    perform: (Running.Action) async throws -> Running.Input?
  ) async throws {
    for source in sources { source.onInput { [waker] in waker.wake() } }
    defer { for source in sources { source.onInput(nil) } }
    wakesAt = nil
    try await take(Running.start, perform)
    show(process)
    var taken = 0
    while !Task.isCancelled {
      if try await takeTurn(sources, show: show, perform) {
        taken += 1
        if taken.isMultiple(of: turns) { await Task.yield() }
      } else {
        await waker.wait()
      }
    }
  }

  /// Takes an input of each source that has one, and the wake that is due.
  ///
  /// - Returns: whether there was an input.
  private mutating func takeTurn(
    _ sources: [InputSource<Running.Input>], show: (Running) -> Void,
    _ perform: (Running.Action) async throws -> Running.Input?
  ) async throws -> Bool {
    var hasInput = false
    for source in sources {
      guard let input = source.poll() else { continue }
      hasInput = true
      try await take(input, perform)
      show(process)
    }
    guard let wakesAt else { return hasInput }
    let pause = wakesAt - runtime.uptime()
    guard pause <= .zero else {
      if !hasInput { waker.wake(after: pause) }
      return hasInput
    }
    self.wakesAt = nil
    try await take(Running.wake, perform)
    show(process)
    return true
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

  private mutating func outcomes(
    of effect: Effect<Running.Input, Running.Action>,
    _ perform: (Running.Action) async throws -> Running.Input?
  ) async throws -> [Outcome] {
    switch effect {
    case .wake(let time):
      wakesAt = time
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
      return Outcome(
        input: read.isShort
          ? try await journal.readBetweenWrites(read.query) : try await journal.read(read.query))
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

  /// The pieces are asked for at once, so that they share a commit, in which they run in their order.
  private func outcomes(of writes: [Write<Running.Input>]) async throws -> [Outcome] {
    let results = await journal.write(writes.map { (patience: $0.patience, work: $0.work) })
    return try zip(writes, results).map { write, result in
      switch result {
      case .success(let input): Outcome(input: input)
      case .failure(let error): try Self.outcome(of: error, write.recover)
      }
    }
  }

  private static func outcome(
    of error: any Error, _ recover: (any Error) -> Running.Input?
  ) throws -> Outcome {
    guard let input = recover(error) else { throw error }
    return Outcome(input: input, isSuccess: false)
  }
}
