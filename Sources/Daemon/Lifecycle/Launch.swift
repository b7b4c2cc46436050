import Events
import Glibc
import Journal
import Logging

/// One run of a daemon, from its arguments to its exit status.
struct Launch: Sendable {
  let invocation: Invocation
  var surroundings = Surroundings.system
  var log = LogOutput.standardError
  /// Prints what was asked for, on the standard output.
  var printOut: @Sendable (String) -> Void = { writeAll(Array(($0 + "\n").utf8), to: 1) }
  /// Told the port of HTTP, once it is bound.
  var onListening: @Sendable (Int) -> Void = { _ in }

  init(_ invocation: Invocation) {
    self.invocation = invocation
  }

  /// Runs a service until a signal or a failure ends it.
  func run(_ room: any Room.Type) async -> Ending {
    let table = ConfigurationTable(of: room)
    let options = CommandLineOptions(invocation.arguments, table)
    if options.wantsHelp {
      printOut(table.help(invocation.program))
      return .good
    }
    if options.wantsVersion {
      printOut("\(invocation.program) \(room.version)")
      return .good
    }
    do {
      let configuration = try ServiceConfiguration.load(table, options, invocation)
      guard !options.checksConfiguration else {
        printOut(configuration.report)
        return .good
      }
      return await run(room, configuration)
    } catch {
      for problem in error.problems { log.line("\(invocation.program): \(problem)") }
      return error.status
    }
  }

  private func run(_ room: any Room.Type, _ configuration: ServiceConfiguration) async
    -> Ending
  {
    let start = Correlation.beginning(in: surroundings)
    let logger = Logger.daemon(configuration, surroundings: surroundings, output: log)
      .belonging(to: start)
    signal(SIGPIPE, SIG_IGN)
    do {
      let folders = try ServiceFolders(configuration)
      let assembly = try room.compose(
        Shell(
          room, configuration: configuration, surroundings: surroundings, logger: logger,
          start: start))
      let outcome = await Result { try await run(assembly, configuration, logger) }
      try? assembly.journal.close()
      extendLifetime(folders)
      try outcome.get()
      logger.notice("stopped", metadata: ["event.action": "stopped"])
      return .good
    } catch {
      logger.critical("\(error)", error: error, metadata: ["event.action": "failed"])
      return Ending(error)
    }
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
