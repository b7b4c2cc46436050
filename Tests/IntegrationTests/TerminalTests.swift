import Foundation
import Glibc
import Testing

extension Stories {
  /// A terminal that is closed ends the daemons in it cleanly, although SIGHUP reloads a daemon.
  @Suite("Terminal", .serialized, .timeLimit(.minutes(1)))
  struct Terminal {
    @Test
    func `a daemon in a terminal reloads at SIGHUP, and ends with its terminal`() async throws {
      try await withDeployment { deployment in
        let words = try deployment.words(.alpha, port: try freePorts(1))
        let terminal = try deployment.terminal(words)
        _ = try await terminal.line("that it is ready") { $0.message == "ready" }
        let pid = try deployment.process(of: deployment.stateFolder(.alpha))
        kill(pid, SIGHUP)
        _ = try await terminal.line("the reload") { $0.message == "reloaded: nothing differs" }
        terminal.signal(SIGKILL)
        try await deployment.hasEndedCleanly(deployment.stateFolder(.alpha))
      }
    }

    @Test
    func `a daemon that nohup started outlives its terminal`() async throws {
      try await withDeployment { deployment in
        let words = try deployment.words(.alpha, port: try freePorts(1))
        let notify = try ReadySocket(in: deployment.folder)
        let terminal = try deployment.terminal(
          ["nohup"] + words, environment: ["NOTIFY_SOCKET": notify.path])
        try await notify.ready()
        let pid = try deployment.process(of: deployment.stateFolder(.alpha))
        terminal.signal(SIGKILL)
        // The hangup of the terminal is a request to reload.
        try await notify.ready(after: 1)
        kill(pid, SIGTERM)
        try await deployment.hasEndedCleanly(deployment.stateFolder(.alpha))
      }
    }

    @Test
    func `all daemons of up end with its terminal`() async throws {
      try await withDeployment { deployment in
        let base = try freePorts(5) - 1
        let state = deployment.folder + "/up"
        let terminal = try deployment.terminal([
          try Programs.path("eventually"), "up", "--state", state, "--port-base", "\(base)",
        ])
        _ = try await terminal.line("its greeting") {
          $0.text.contains("Ctrl-C stops all of them.")
        }
        terminal.signal(SIGKILL)
        for service in ServiceName.allCases {
          try await deployment.hasEndedCleanly("\(state)/\(service)")
        }
      }
    }
  }
}

extension Deployment {
  /// Runs a command in a terminal of its own, which closes when the child is killed.
  fileprivate func terminal(
    _ words: [String], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    try shell("exec script -qec \"$0 $*\" /dev/null", words, environment: environment)
  }

  /// The number of the process that holds the lock of a state folder.
  fileprivate func process(of folder: String) throws -> pid_t {
    let lock = try String(contentsOfFile: folder + "/lock", encoding: .utf8)
    return try #require(pid_t(lock.dropLast()))
  }

  /// Waits until no process holds the lock of a state folder, and expects that the journal was closed:
  /// its write-ahead log is empty, as it is not after a kill.
  fileprivate func hasEndedCleanly(_ folder: String) async throws {
    let file = open(folder + "/lock", O_RDWR | O_CLOEXEC)
    try #require(file >= 0)
    let status = await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: flock(file, LOCK_EX)) }
    }
    close(file)
    #expect(status == 0)
    let log = try FileManager.default.attributesOfItem(atPath: folder + "/journal.sqlite-wal")
    #expect(log[.size] as? Int == 0)
  }
}
