import Events
import Foundation
import Glibc
import Journal
import Synchronization
import Testing

@testable import Daemon

/// The output of a daemon, and its end.
private struct Ended {
  let status: Ending
  let printed: String
  let logged: [String]
}

/// A lock in a place where it can be given back.
private final class LockBox: Sendable {
  private let lock: FolderLock

  init(_ lock: consuming FolderLock) {
    self.lock = lock
  }
}

/// Runs Delta in a folder of its own, in this process, where it ends before it serves anything.
///
/// - Parameters:
///   - arguments: of the daemon.
///   - folder: its working directory.
///   - lockPatience: for how long the lock of a process is waited for that is ending, and of another.
///   - onLine: called with each line of the log.
private func launch(
  _ arguments: [String], in folder: String,
  lockPatience: (ending: Duration, silent: Duration) = (.zero, .zero),
  onLine: @escaping @Sendable (String) -> Void = { _ in }
) async -> Ended {
  let lines = Lines()
  let printed = Mutex("")
  var launch = Launch(
    Invocation(program: "deltad", arguments: arguments, environment: [:], folder: folder))
  launch.log = lines.output(onLine: onLine)
  launch.lockPatience = lockPatience
  launch.printOut = { text in printed.withLock { $0 += text + "\n" } }
  let status = await launch.run(DeltaRoom.self)
  return Ended(status: status, printed: printed.withLock { $0 }, logged: lines.all)
}

@Suite("Launch", .timeLimit(.minutes(1)))
struct LaunchTests {
  @Test("--check-config prints every value with its source and exits 0")
  func checkConfig() async throws {
    try await withTemporaryFolder { folder in
      let ended = await launch(
        ["--check-config", "--run", "run", "--delta-http-port=4000"], in: folder)
      #expect(ended.status == .good)
      #expect(ended.logged.isEmpty)
      let lines = ended.printed.split(separator: "\n").filter { !$0.hasPrefix("#") }
      #expect(lines.count == ConfigurationTable(of: DeltaRoom.self).keys.count)
      #expect(
        lines.contains { $0.hasPrefix("delta.http.port = 4000 ") && $0.hasSuffix("# command line") }
      )
      #expect(
        lines.contains { $0.hasPrefix("delta.approval = manual ") && $0.hasSuffix("# default") })
      #expect(!FileManager.default.fileExists(atPath: folder + "/run"), "it only looks")
    }
  }

  @Test("--check-config with a bad value reports it and exits 78")
  func checkBadConfig() async throws {
    try await withTemporaryFolder { folder in
      let ended = await launch(["--check-config", "--delta-http-port=x"], in: folder)
      #expect(ended.status.code == 78)
      #expect(ended.printed.isEmpty)
      #expect(ended.logged.count == 1)
      #expect(ended.logged[0].hasPrefix("deltad: command line: delta.http.port is “x”, and "))
    }
  }

  @Test("--help lists every key in its three spellings, --version the version")
  func help() async throws {
    let help = await launch(["--help"], in: "/").printed
    #expect(
      help.contains("delta.workshop.benches, DELTA_WORKSHOP_BENCHES, --delta-workshop-benches"))
    #expect(help.contains("1 to 64; default 8"))
    #expect(await launch(["--version"], in: "/").printed == "deltad 0.1.0\n")
  }

  @Test("--help is at most 80 columns wide, and its examples are taken as they are")
  func helpForPeople() async throws {
    let help = await launch(["--help"], in: "/").printed
    for line in help.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    let table = ConfigurationTable(of: DeltaRoom.self)
    let examples = table.examples("deltad").joined(separator: "\n")
    for line in table.examples("deltad") { #expect(help.contains("\n  \(line)\n")) }
    let commands = examples.replacing("\\\n", with: "").split(separator: "\n")
    #expect(commands.count == 3)
    for command in commands {
      let words = command.split(separator: " ").map(String.init)
      #expect(words[0] == "deltad")
      #expect(CommandLineOptions(Array(words.dropFirst()), table: table).problems.isEmpty)
    }
  }

  @Test("--manual is a page of section 8 with every option and every key")
  func manual() async throws {
    let page = await launch(["--manual"], in: "/").printed
    #expect(page.contains("\n.Dt DELTAD 8\n"))
    #expect(page.contains("\n.It Fl -config Ar FILE\n"))
    let keys = page.split(separator: "\n").filter { $0.hasPrefix(".It Ic delta.") }
    #expect(keys.count == ConfigurationTable(of: DeltaRoom.self).keys.count)
    #expect("\\n".inManual == "\\en")
    #expect(".Dd".inManual == "\\&.Dd")
  }

  @Test("a lock that is held is refused with the folder and the process that holds it")
  func locks() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/lock"
      let lock = try FolderLock(path, mode: 0o640, remedy: "Stop it.")
      let refusal = #expect(throws: HeldLock.self) {
        _ = try FolderLock(path, mode: 0o640, remedy: "Stop it.")
      }
      #expect(refusal?.description == "\(path) is held by process \(getpid()). Stop it.")
      extendLifetime(lock)
    }
  }

  @Test("a lock is free again when its holder ends")
  func lockIsReleased() async throws {
    try await withTemporaryFolder { folder in
      for _ in 0..<2 { _ = try FolderLock(folder + "/lock", mode: 0o640, remedy: "") }
    }
  }

  @Test(
    "a second daemon on the same state folder or run directory exits 78",
    arguments: [
      ("run/delta.lock", "--run"), ("state/lock", "--state"),
    ])
  func secondDaemon(lock: String, remedy: String) async throws {
    try await withTemporaryFolder { folder in
      for name in ["run", "state"] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      }
      let held = try FolderLock("\(folder)/\(lock)", mode: 0o640, remedy: "")
      let ended = await launch(["--run", "run", "--state", "state"], in: folder)
      #expect(ended.status.code == 78)
      let line = try #require(ended.logged.last)
      #expect(line.contains("\(folder)/\(lock) is held by process \(getpid())"))
      #expect(line.contains(remedy))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/state/journal.sqlite"))
      extendLifetime(held)
    }
  }

  @Test("a lock of a process that is ending is waited for")
  func endingHolder() async throws {
    try await withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/state", withIntermediateDirectories: true)
      // What is wrong after the lock ends the start: the lock was waited for.
      try "no database".write(
        toFile: folder + "/state/journal.sqlite", atomically: true, encoding: .utf8)
      let lock = try FolderLock("\(folder)/state/lock", mode: 0o640, remedy: "")
      FolderLock.markEnding([lock.file])
      let held = Mutex<LockBox?>(LockBox(lock))
      let ended = await launch(
        ["--run", "run", "--state", "state"], in: folder, lockPatience: (.seconds(60), .zero)
      ) { line in
        if line.contains("the start waits: \(folder)/state/lock is held by process \(getpid())") {
          held.withLock { $0 = nil }
        }
      }
      #expect(ended.status.code == 78)
      #expect(ended.logged.count { $0.contains("the start waits") } == 1)
      #expect(ended.logged.contains { $0.contains("the start continues") })
      #expect(ended.logged.last?.contains("is not a journal, or it is damaged") == true)
    }
  }

  @Test("a state folder that cannot be made exits 78 with its name")
  func unwritable() async throws {
    try await withTemporaryFolder { folder in
      try "a file".write(toFile: folder + "/state", atomically: true, encoding: .utf8)
      let ended = await launch(["--run", "run", "--state", "state/deep"], in: folder)
      #expect(ended.status.code == 78)
      #expect(ended.logged.last?.contains("\(folder)/state") == true)
    }
  }

  @Test("a journal that is no database exits 78 and is left as it was")
  func brokenJournal() async throws {
    try await withTemporaryFolder { folder in
      let text = String(repeating: "this is not a database. ", count: 100)
      try FileManager.default.createDirectory(
        atPath: folder + "/state", withIntermediateDirectories: true)
      try text.write(toFile: folder + "/state/journal.sqlite", atomically: true, encoding: .utf8)
      let ended = await launch(["--run", "run", "--state", "state"], in: folder)
      #expect(ended.status.code == 78)
      #expect(ended.logged.last?.contains("is not a journal, or it is damaged") == true)
      let kept = try String(contentsOfFile: folder + "/state/journal.sqlite", encoding: .utf8)
      #expect(kept == text)
    }
  }
}
