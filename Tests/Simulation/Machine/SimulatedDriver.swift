import Courier
import Events
import Journal

/// Runs a process of the daemons on simulated time: the simulation's driver.
///
/// It makes no decisions. A commit takes time, and the process may end between any two effects.
final class SimulatedDriver<Running: Courier.Process> {
  private unowned let host: ServiceProcess
  private let source: Submission.Source
  private let occasion: (Running.Input) -> Occasion
  private let perform: (Running.Action) throws -> Running.Input?
  private(set) var process: Running
  /// Inputs from outside that wait for the one before.
  private var waiting: [Running.Input] = []
  private(set) var isIdle = true
  /// Its role is another replica's now: nothing of it is performed any more.
  private var isStopped = false
  private var alarm: (at: Duration, number: Int)?
  private var alarms = 0

  /// - Parameters:
  ///   - source: what its commits are counted as.
  ///   - occasion: what was committed, by the input that it results in.
  ///   - perform: performs an action, and returns the input that it results in at once.
  init(
    _ process: Running, in host: ServiceProcess, source: Submission.Source,
    occasion: @escaping (Running.Input) -> Occasion,
    perform: @escaping (Running.Action) throws -> Running.Input?
  ) {
    self.process = process
    self.host = host
    self.source = source
    self.occasion = occasion
    self.perform = perform
  }

  func start() throws {
    try give(Running.start)
  }

  func stop() {
    isStopped = true
  }

  /// Something happens outside.
  func give(_ input: Running.Input) throws {
    guard !isStopped else { return }
    waiting.append(input)
    guard isIdle else { return }
    isIdle = false
    try goOn()
  }

  private func goOn() throws {
    let input = waiting.removeFirst()
    try take(input) { [self] in
      isIdle = waiting.isEmpty
      // Not in the same moment, so that other work has its turn.
      if isIdle { host.isFree() } else { host.later(0) { [self] in try goOn() } }
    }
  }

  /// Handles an input and performs its effects, in order, and what they lead to.
  private func take(_ input: Running.Input, then: @escaping () throws -> Void) throws {
    let effects = process.handle(input, at: host.uptime, random: host.node.machine.random)
    try perform(effects[...], then)
  }

  private func perform(
    _ effects: ArraySlice<Effect<Running.Input, Running.Action>>,
    _ then: @escaping () throws -> Void
  ) throws {
    guard host.isAlive, !isStopped else { return }
    guard let effect = effects.first else { return try then() }
    let rest = effects.dropFirst()
    let goOn = { [self] in try perform(rest, then) }
    switch effect {
    case .wake(let time):
      setAlarm(at: time)
      try goOn()
    case .perform(let action):
      guard let input = try perform(action) else { return try goOn() }
      try take(input, then: goOn)
    case .read(let read):
      let result = Result { try host.journal.read(read.query) }
      try goOnWith(result, read.recover, then: goOn, orElse: then)
    case .write(let writes): try commit(writes, then: goOn, orElse: then)
    }
  }

  /// The effects after one that failed are not performed.
  private func goOnWith(
    _ result: Result<Running.Input, any Error>, _ recover: (any Error) -> Running.Input?,
    then: @escaping () throws -> Void, orElse: @escaping () throws -> Void
  ) throws {
    switch result {
    case .success(let input): try take(input, then: then)
    case .failure(let error):
      if host.node.replicas > 1, error is StaleCursor { host.world.coverage.hit(.appliedElsewhere) }
      guard let input = recover(error) else {
        throw Violation(.noFailure, "\(host.service.rawValue): \(Running.self): \(error)")
      }
      try take(input, then: orElse)
    }
  }

  private func commit(
    _ writes: [Write<Running.Input>], then: @escaping () throws -> Void,
    orElse: @escaping () throws -> Void
  ) throws {
    if let strike = host.strikes(before: writes.count, of: source) { return try strike() }
    var results: [Int: Result<Running.Input, any Error>] = [:]
    for (place, write) in writes.enumerated() {
      host.submit(
        source, patience: write.patience, write.work, occasion: occasion,
        then: { [self] result in
          results[place] = result
          guard results.count == writes.count else { return }
          let all = writes.enumerated().map { ($0.element, results[$0.offset]) }
          try goOnWith(all[...], hasFailed: false, then: then, orElse: orElse)
        })
    }
  }

  private func goOnWith(
    _ results: ArraySlice<(Write<Running.Input>, Result<Running.Input, any Error>?)>,
    hasFailed: Bool, then: @escaping () throws -> Void, orElse: @escaping () throws -> Void
  ) throws {
    guard let (write, result) = results.first, let result else {
      return try hasFailed ? orElse() : then()
    }
    let rest = results.dropFirst()
    try goOnWith(
      result, write.recover,
      then: { [self] in
        try goOnWith(rest, hasFailed: hasFailed, then: then, orElse: orElse)
      },
      orElse: { [self] in try goOnWith(rest, hasFailed: true, then: then, orElse: orElse) })
  }

  private func setAlarm(at time: Duration) {
    guard alarm?.at != time else { return }
    alarms += 1
    let number = alarms
    alarm = (time, number)
    let delay = max(time - host.uptime, .zero) / .microseconds(1)
    host.later(UInt64(delay)) { [self] in
      guard alarm?.number == number else { return }
      alarm = nil
      try give(Running.wake)
    }
  }
}
