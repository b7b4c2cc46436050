import Foundation
import Glibc

/// A command of the machine that failed.
struct FailedCommand: Error, CustomStringConvertible {
  let description: String
}

/// Runs a command of the machine, for example `mount`, to its end.
///
/// - Throws: ``FailedCommand`` with what it printed, when it does not exit with 0.
func command(_ words: String...) async throws {
  let child = try ChildProcess("/usr/bin/env", words, folder: "/")
  let ending = try await child.ending()
  guard ending == .exited(0) else {
    let text = child.lines.all.map(\.text).joined(separator: " ")
    throw FailedCommand(description: "\(words.joined(separator: " ")): \(ending) \(text)")
  }
}

/// A change of the machine, made for as long as the body runs and undone in any case, also when
/// the tests themselves are killed.
func withUndoing<Value>(
  _ undo: [String], _ make: () async throws -> Void, _ body: () async throws -> Value
) async throws -> Value {
  LastWill.shared.include(undo)
  let result: Result<Value, any Error>
  do {
    try await make()
    result = .success(try await body())
  } catch {
    result = .failure(error)
  }
  // Not in the test's own task, which may be cancelled; and what was not made cannot be undone.
  await Task.detached {
    let child = try? ChildProcess("/usr/bin/env", undo, folder: "/")
    _ = try? await child?.ending()
  }.value
  LastWill.shared.leaveOut(undo)
  return try result.get()
}

/// Mounts something for as long as the body runs.
///
/// - Parameter options: for `mount`, without the folder.
func withMount<Value>(
  _ options: String..., on folder: String, _ body: () async throws -> Value
) async throws -> Value {
  try await withUndoing(["umount", "--lazy", folder]) {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let child = try ChildProcess("/usr/bin/env", ["mount"] + options + [folder], folder: "/")
    let ending = try await child.ending()
    guard ending == .exited(0) else {
      throw FailedCommand(description: "mount: \(child.lines.all)")
    }
  } _: {
    try await body()
  }
}

/// Whether this user may mount, as root outside a strict container may.
func mayMount() async -> Bool {
  guard let folder = try? TemporaryFolder() else { return false }
  let path = folder.path
  let mounted: Void? = try? await withMount("-t", "tmpfs", "ev", on: path) {}
  return mounted != nil
}

// MARK: The kernel's view of a process

extension DaemonProcess {
  /// The memory that it holds, in bytes.
  var residentBytes: Int {
    get throws { try status("VmRSS:") * 1024 }
  }

  /// How many files it has open.
  var openFiles: Int {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }
  }

  /// The processor's time that each of its threads has used, by the thread's number.
  var processorTimes: [String: Duration] {
    get throws {
      let tasks = "/proc/\(pid)/task"
      return try FileManager.default.contentsOfDirectory(atPath: tasks).reduce(into: [:]) {
        // A thread may have ended meanwhile.
        let text = try? String(contentsOfFile: "\(tasks)/\($1)/stat", encoding: .utf8)
        // The second field, the name, may have spaces in it, and ends with a parenthesis.
        let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = fields.dropFirst(11).prefix(2).compactMap { Int($0) }.reduce(0, +)
        $0[$1] = .seconds(ticks) / Int(sysconf(Int32(_SC_CLK_TCK)))
      }
    }
  }

  /// Waits until a thread of it waits for another process to let go of its journal: SQLite looks
  /// again and again, with a nap between, and nothing else in a daemon naps.
  func isHeldUpInARead() async throws {
    while try !waits(of: pid).contains("hrtimer_nanosleep") {
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Lets it open at most so many files from now on.
  func limitFiles(to count: Int) async throws {
    try await command("prlimit", "--pid", "\(pid)", "--nofile=\(count):4096")
  }

  private func status(_ name: String) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
  }
}

/// Whether the kernel shows where the threads of a process wait.
let threadsSayWhereTheyWait =
  (try? waits(of: getpid()).contains { $0 != "0" && !$0.isEmpty }) ?? false

/// The kernel function in which each thread of a process waits; `0` for one that runs.
private func waits(of pid: pid_t) throws -> [String] {
  let tasks = "/proc/\(pid)/task"
  return try FileManager.default.contentsOfDirectory(atPath: tasks).compactMap {
    // A thread may have ended meanwhile.
    try? String(contentsOfFile: "\(tasks)/\($0)/wchan", encoding: .utf8)
  }
}
