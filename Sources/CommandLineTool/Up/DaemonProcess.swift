import Glibc
import Subprocess
import SystemPackage

/// One life of a daemon: a child process, its lines passed on, its end on demand.
struct DaemonProcess: Sendable {
  /// The time in which a daemon must end; its own limit is 10 s.
  static let patience = Duration.seconds(12)

  let program: String
  let arguments: [String]
  /// Variables beside those of `up`.
  var environment: [String: String] = [:]
  let group: pid_t
  /// Asks it to end.
  let stop: Latch
  /// Ends it at once.
  let kill: Latch

  /// The changes to the environment of this process for a daemon, which does not notify the supervisor of
  /// `up`.
  static func variables(_ more: [String: String]) -> [Environment.Key: String?] {
    var variables: [Environment.Key: String?] = ["NOTIFY_SOCKET": nil]
    for (name, value) in more { variables[Environment.Key(stringLiteral: name)] = value }
    return variables
  }

  /// Runs it to its end.
  ///
  /// - Parameter receive: takes each line of the daemon. It must not block, or the daemon blocks.
  func run(_ receive: @escaping @Sendable (ArraySlice<UInt8>) -> Void) async -> Restarts.Ending {
    var options = PlatformOptions()
    options.processGroupID = group
    do {
      let result = try await Subprocess.run(
        .path(FilePath(program)), arguments: Arguments(arguments),
        environment: .inherit.updating(Self.variables(environment)),
        platformOptions: options, input: .none, output: .sequence, error: .combinedWithOutput
      ) { process in
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          tasks.addTask { await end { try? process.send(signal: $0) } }
          var lines = LineSplitter()
          for try await chunk in process.standardOutput {
            chunk.withUnsafeBytes { lines.take($0, receive) }
          }
          lines.finish(receive)
          tasks.cancelAll()
        }
      }
      return Restarts.Ending(result.terminationStatus)
    } catch {
      return .notStarted("\(error)")
    }
  }

  private func end(_ send: (Signal) -> Void) async {
    await stop.wait()
    guard stop.isOpen else { return }
    send(.terminate)
    await kill.wait(atMost: Self.patience)
    guard !Task.isCancelled else { return }
    send(.kill)
  }
}

extension Restarts.Ending {
  fileprivate init(_ status: TerminationStatus) {
    self =
      switch status {
      case .exited(let code): .exited(code)
      case .signaled(let signal): .signaled(signal)
      }
  }
}
