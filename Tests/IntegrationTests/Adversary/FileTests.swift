import Foundation
import Glibc
import Testing

/// Files that an adversary puts at a path before a daemon comes.
enum Trap: String, CaseIterable, Sendable {
  case link, dangling, pipe, folder, hardLink, socket, foreign

  /// Puts it there.
  ///
  /// - Parameter victim: the file that a link leads to.
  func set(at path: String, victim: String) throws {
    unlink(path)
    let result =
      switch self {
      case .link: Glibc.symlink(victim, path)
      case .dangling: Glibc.symlink(victim + ".not-there", path)
      case .pipe: mkfifo(path, 0o600)
      case .folder: mkdir(path, 0o700)
      case .hardLink: Glibc.link(victim, path)
      case .socket: mknod(path, S_IFSOCK | 0o600, 0)
      case .foreign:
        FileManager.default.createFile(atPath: path, contents: Data("99999999999\n".utf8))
          ? chown(path, 65_534, 65_534) : -1
      }
    guard result == 0 else { throw SystemFailure("\(self) at \(path)", errno) }
  }

  /// Its name in the refusal.
  var name: String {
    switch self {
    case .link, .dangling: "is a symbolic link"
    case .pipe: "is a named pipe"
    case .folder: "is a folder"
    case .hardLink: "has 2 names (hard links)"
    case .socket: "is a socket"
    case .foreign: "belongs to user nobody (65534)"
    }
  }
}

/// Only root can make a file of another user.
let isRoot = geteuid() == 0

@Suite("Adversary: files", .serialized, .timeLimit(.minutes(1)))
struct AdversaryFileTests {
  /// Starts Charlie once, sets a trap, and expects that the next start refuses it and touches
  /// nothing.
  private func refuses(
    _ trap: Trap, at path: (Deployment) -> String, says word: String? = nil
  ) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.charlie)
      try await deployment.stop(.charlie)
      let folder = deployment.stateFolder(.charlie)
      let victim = trap == .hardLink ? folder + "/other" : folder + "/journal.sqlite"
      if trap == .hardLink { try Data("precious".utf8).write(to: URL(fileURLWithPath: victim)) }
      let before = try Data(contentsOf: URL(fileURLWithPath: victim))
      let place = path(deployment)
      try trap.set(at: place, victim: victim)
      try await deployment.launch(.charlie).expectRefusal(says: place, word ?? trap.name)
      #expect(try Data(contentsOf: URL(fileURLWithPath: victim)) == before)
      #expect(!FileManager.default.fileExists(atPath: victim + ".not-there"))
      var status = stat()
      #expect(lstat(place, &status) == 0, "it is left where it was")
    }
  }

  @Test(
    .enabled("to make a file of another user, the tests run as root") { isRoot },
    arguments: Trap.allCases)
  func `a lock in the run directory that is no plain file of this user is refused`(trap: Trap)
    async throws
  {
    try await refuses(trap, at: { $0.runFolder + "/charlie.lock" })
  }

  @Test(arguments: [Trap.link, .pipe, .hardLink])
  func `so is the lock in the state folder`(trap: Trap) async throws {
    try await refuses(trap, at: { $0.stateFolder(.charlie) + "/lock" })
  }

  @Test(arguments: [Trap.dangling, .pipe, .folder, .hardLink])
  func `so are the gateway's file and what SQLite keeps beside a journal`(trap: Trap) async throws {
    for name in ["gateway.sqlite", "journal.sqlite-wal"] {
      try await refuses(trap, at: { $0.stateFolder(.charlie) + "/" + name })
    }
  }

  @Test(arguments: [Trap.link, .pipe, .folder, .hardLink])
  func `something else in a socket's place is refused, and not deleted`(trap: Trap) async throws {
    for name in ["charlie.events", "charlie.log"] {
      try await refuses(
        trap, at: { "\($0.runFolder)/\(name)" },
        says: trap == .hardLink ? "is a plain file, and no socket" : trap.name)
    }
  }

  @Test(arguments: ["1\n2\n", "-1\n", "999999999999999\n", "1234567", "\u{1b}[2J\n", ""])
  func `a lock names its holder, and no number that it cannot be`(text: String) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.charlie)
      let lock = deployment.runFolder + "/charlie.lock"
      try Data(text.utf8).write(to: URL(fileURLWithPath: lock))
      let (ending, said) = try await deployment.outcome(
        "charlied",
        [
          "--state", deployment.folder + "/other", "--run", deployment.runFolder,
          "--charlie-http-port", "0",
        ])
      #expect(ending == .exited(78))
      #expect(said.contains("\(lock) is held by another process."), "\(said)")
    }
  }

  @Test
  func `the state folder itself may be a link, to another disk perhaps`() async throws {
    try await withDeployment { deployment in
      let disk = deployment.folder + "/disk"
      try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: deployment.stateFolder(.charlie), withDestinationPath: disk)
      try await deployment.start(.charlie)
      try await deployment.stop(.charlie)
      #expect(FileManager.default.fileExists(atPath: disk + "/journal.sqlite"))
    }
  }

  @Test(arguments: [Trap.link, .dangling, .pipe, .folder, .socket])
  func `a backup replaces nothing but a plain file, also by force`(trap: Trap) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.charlie)
      let victim = deployment.folder + "/victim"
      try Data("precious".utf8).write(to: URL(fileURLWithPath: victim))
      let target = deployment.folder + "/target"
      try trap.set(at: target, victim: victim)
      let said = try await deployment.eventually(
        "backup", "charlie", target, "--state", deployment.folder, "--force", ends: 1)
      #expect(said.text.contains("\(target) \(trap.name)"), "\(said.text)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: victim)) == Data("precious".utf8))
    }
  }

  @Test
  func `a pipe is no backup, and is not waited for`() async throws {
    try await withDeployment { deployment in
      try await deployment.start(.charlie)
      try await deployment.stop(.charlie)
      let pipe = deployment.folder + "/pipe"
      try Trap.pipe.set(at: pipe, victim: "")
      let said = try await deployment.eventually(
        "restore", "charlie", pipe, "--state", deployment.folder, ends: 78)
      #expect(said.text.contains("\(pipe) is a named pipe"))
    }
  }
}
