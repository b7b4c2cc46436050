import Foundation
import Glibc

/// Another program that uses a database of a service: a Python script with SQLite.
struct Stranger {
  let child: ChildProcess

  /// Opens a database, runs statements, and keeps it open.
  ///
  /// - Parameters:
  ///   - path: the database.
  ///   - statements: what it does there.
  ///   - seconds: when it ends by itself.
  init(_ path: String, _ statements: String..., for seconds: Int = 60) async throws {
    let script = """
      import sqlite3, sys, time
      database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
      for statement in sys.argv[3:]:
          database.execute(statement).fetchall()
      print("in use", flush=True)
      time.sleep(int(sys.argv[2]))
      """
    child = try ChildProcess(
      "/usr/bin/env", ["python3", "-c", script, path, "\(seconds)"] + statements, folder: "/tmp")
    _ = try await child.line("that it is there") { $0.text == "in use" }
  }

  /// How a daemon's log names it.
  var name: String { "process \(child.pid) (python" }

  /// Ends it, by which its locks go.
  func end() async throws {
    child.signal(SIGKILL)
    _ = try await child.ending()
  }

  /// Waits until it ends by itself.
  func ended() async throws {
    _ = try await child.ending(within: .seconds(40))
  }
}
