import Events
import Glibc
import Journal
import Logging
import Runtime
import Tracing

/// One run of a daemon, from its arguments to its exit status.
struct Launch: Sendable {
  let invocation: Invocation
  var runtime = RuntimeContext.system
  var log = LogOutput.standardError
  /// For how long the lock of a process is waited for that says that it is ending, which takes ten
  /// seconds at most; and of one that says nothing, which may have been killed a moment ago.
  ///
  /// After that it is another daemon's, and the start fails.
  var lockPatience = (ending: Duration.seconds(12), silent: Duration.seconds(1))
  /// Prints requested text on the standard output.
  var printOut: @Sendable (String) throws -> Void = { text in
    if let failure = writeAll(Array((text + "\n").utf8), to: STDOUT_FILENO) { throw failure }
  }
  /// Called with the port of HTTP, once it is bound.
  var onListening: @Sendable (Int) -> Void = { _ in }
  /// The requests to reload the configuration; none by default.
  var reloads = AsyncStream<Void> { _ in }
  /// Takes the tracer, where spans are exported; a process can have one for all of its libraries.
  var onTracing: @Sendable (any Tracer) -> Void = { _ in }

  init(_ invocation: Invocation) {
    self.invocation = invocation
  }

  /// Runs a service until a signal or a failure ends it.
  func run(_ room: any Room.Type) async -> Ending {
    defer { log.flush() }
    let table = ConfigurationTable(of: room)
    let options = CommandLineOptions(invocation.arguments, table: table)
    if options.wantsHelp { return print(table.help(invocation.program)) }
    if options.wantsManual { return print(table.manual(invocation.program)) }
    if options.wantsVersion { return print("\(invocation.program) \(room.version)") }
    do {
      let configuration = try ServiceConfiguration.load(
        table, options: options, invocation: invocation)
      guard !options.checksConfiguration else { return print(configuration.report) }
      return await run(
        room, configuration: current(configuration, table: table, options: options))
    } catch {
      for problem in error.problems { log.line("\(invocation.program): \(problem)") }
      return error.status
    }
  }

  /// The configuration in force, which a reload reads again as the start has read it: from the same
  /// file, if there was one, the same environment and the same command line.
  private func current(
    _ configuration: ServiceConfiguration, table: ConfigurationTable, options: CommandLineOptions
  ) -> CurrentConfiguration {
    var options = options
    options.config = configuration.file ?? options.config
    return CurrentConfiguration(configuration) {
      [options, invocation] () throws(ConfigurationProblems) in
      try ServiceConfiguration.load(table, options: options, invocation: invocation)
    }
  }

  /// A reader that has gone has seen enough.
  private func print(_ text: String) -> Ending {
    do {
      try printOut(text)
    } catch let failure as WriteFailure where failure.code == EPIPE {
      return .good
    } catch {
      log.line(
        """
        \(invocation.program): the standard output cannot be written to (\(error)). Send it to a \
        place that takes it.
        """)
      return .failure
    }
    return .good
  }

  private func run(_ room: any Room.Type, configuration: CurrentConfiguration) async
    -> Ending
  {
    // What no request and no event causes belongs to the start.
    let start = Correlation.beginning(in: runtime)
    return await Correlation.$current.withValue(start) {
      await run(
        room, configuration: configuration,
        logger: Logger.daemon(
          configuration, runtime: runtime, output: log, program: invocation.program
        ).belonging(to: start))
    }
  }

  private func run(
    _ room: any Room.Type, configuration: CurrentConfiguration, logger: Logger
  ) async -> Ending {
    let supervisor = Supervisor(invocation.environment)
    raiseDescriptorLimit()
    warn(of: configuration.now.openEndpoints, logger)
    if let ignored = TraceKeys.ignoredVariable(in: invocation.environment) {
      logger.warning("\(ignored)", metadata: ["event.action": "traces-not-exported"])
    }
    do {
      var wait = StartWait(runtime: runtime, supervisor: supervisor, logger: logger)
      let passed = try PassedSocket.passed(by: invocation.environment)
      let folders = try await wait("taking the locks", lockFolders(of: configuration.now))
      let lockFiles = folders.lockFiles
      let shell = Shell(
        room, configuration: configuration, runtime: runtime, logger: logger)
      if let tracer = shell.serviceTracer { onTracing(tracer) }
      // Not before: the sockets may be another process's.
      wait.standIn = { standIn(for: $0, of: room, in: shell, passed: passed) }
      let assembly = try await wait("opening the journal") { try room.assemble(shell) }
      try await wait("retrying deferred events") {
        try takeUpWhatWaits(in: assembly, logger: logger)
      }
      let outcome = await Result {
        try await run(
          assembly, configuration: configuration, supervisor: supervisor, passed: passed,
          logger: logger, onStopping: { FolderLock.markEnding(lockFiles) })
      }
      try? assembly.journal.close()
      extendLifetime(folders)
      try outcome.get()
      logger.notice("stopped", metadata: ["event.action": "stopped"])
      return .good
    } catch is CancellationError {
      supervisor.notify("STOPPING=1")
      logger.notice("stopped before the start", metadata: ["event.action": "stopped"])
      return .good
    } catch {
      logger.critical("\(error)", error: error, metadata: ["event.action": "failed"])
      return Ending(error)
    }
  }
}

extension Launch {
  /// The step that makes and locks the folders.
  ///
  /// A supervisor starts a daemon again while the old process is still ending.
  private func lockFolders(
    of configuration: ServiceConfiguration
  ) -> @Sendable () throws -> ServiceFolders {
    let began = runtime.uptime()
    return { [runtime, lockPatience] in
      do {
        return try ServiceFolders(configuration)
      } catch let held as HeldLock {
        let patience = held.isEnding ? lockPatience.ending : lockPatience.silent
        throw runtime.uptime() - began < patience ? StartFailure(held.description) : held
      }
    }
  }

  private func warn(of open: [String], _ logger: Logger) {
    guard !open.isEmpty else { return }
    logger.warning(
      """
      \(open.joined(separator: ", ")): tcp:// has neither encryption nor authentication, and any \
      machine that reaches it can read events and send false ones. \(BusKeys.insecure.declaration.name) allows it
      """, metadata: ["event.action": "insecure"])
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ work: () async throws -> Success) async {
    do {
      self = .success(try await work())
    } catch {
      self = .failure(error)
    }
  }
}
