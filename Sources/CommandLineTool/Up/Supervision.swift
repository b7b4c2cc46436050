import Daemon
import Events
import Glibc
import Journal
import Runtime
import UnixSignals

/// Keeps the four daemons running until a signal, or until all have ended with a failure that
/// requires an operator.
///
/// Such an end during the start ends all: it is usually a mistake in a configuration, and its
/// author is present. Later the others continue without it, as each service can.
struct Supervision: Sendable {
  let plan: UpPlan
  /// The databases of the journals, where they are no files.
  var databases: [Service: PostgreSQLAddress] = [:]
  let group: pid_t
  let stop = Latch()
  let kill = Latch()
  /// Opens when the start is over: all were ready, or had the time for it.
  let started = Latch()
  var log = UpLog()

  func run() async throws {
    log.report(
      .notice,
      "starting \(plan.members.map { "\($0)" }.joined(separator: ", ")) in \(plan.state)")
    defer { log.files?.flush(atMost: .seconds(1)) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await handleSignals() }
      tasks.addTask {
        await Greeting(plan: plan, log: log).greetWhenReady(unless: stop)
        started.open()
      }
      defer { tasks.cancelAll() }
      try await keepAll()
    }
  }

  private func handleSignals() async {
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
      if stop.isOpen {
        kill.open()
      } else {
        log.report(.notice, "stopping; again to kill")
        stop.open()
      }
    }
  }

  /// - Throws: 78, when a daemon gave up, after the others have ended.
  func keepAll() async throws {
    let failures = await withTaskGroup(of: Failure?.self) { daemons in
      for member in plan.members {
        daemons.addTask { await keep(member) }
      }
      return await daemons.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
    }
    guard !failures.isEmpty else { return }
    throw Failure(.configuration, failures.map(\.description).joined(separator: "\n"))
  }

  /// Starts a daemon again and again.
  ///
  /// - Returns: why it never can run; nil when it was stopped.
  private func keep(_ member: UpMember) async -> Failure? {
    var restarts = Restarts()
    let clock = RuntimeContext.system.uptime
    while !stop.isOpen {
      let startedAt = clock()
      let words = LastWords()
      let ending = await process(member).run { line in
        words.append(line)
        log.receive(line, of: member)
      }
      guard !stop.isOpen else { break }
      switch restarts.ended(ending, after: clock() - startedAt) {
      case .restart(let pause):
        log.report(.warning, "\(member) \(ending); it is restarted in \(pause.inSeconds)")
        await stop.wait(atMost: pause)
      case .giveUp:
        return giveUp(member, because: words.text)
      }
    }
    return nil
  }

  private func giveUp(_ member: UpMember, because reason: String) -> Failure {
    let failure = Failure(.configuration, "\(member) cannot run (exit code 78). \(reason)")
    if started.isOpen {
      let remedy = "Correct it, stop the others with Ctrl-C, and start `up` again."
      log.report(.error, "\(failure) IT IS NOT RESTARTED; the others continue. \(remedy)")
    } else {
      log.report(.error, "\(member) cannot run; stopping the others")
      stop.open()
    }
    return failure
  }

  private func process(_ member: UpMember) -> DaemonProcess {
    DaemonProcess(
      program: plan.programs.daemon(member.service), arguments: plan.arguments(member),
      environment: plan.environment(member, in: databases), group: group, stop: stop, kill: kill)
  }
}

extension Duration {
  /// For example `0.2 s`.
  var inSeconds: String {
    let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }
}
