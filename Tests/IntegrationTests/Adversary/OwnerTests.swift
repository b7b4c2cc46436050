import Foundation
import Glibc
import Testing

/// The words before a command that run it as the user daemon.
private let asDaemon = [
  "/usr/bin/env", "setpriv", "--reuid=1", "--regid=1", "--clear-groups",
]

/// Whether the tests may start a program of theirs as that user.
private func mayRunAsDaemon() async -> Bool {
  guard isRoot, let tool = try? Programs.path("eventually"),
    let child = try? ChildProcess(
      asDaemon[0], asDaemon.dropFirst() + [tool, "--version"], folder: "/")
  else { return false }
  return (try? await child.ending()) == .exited(0)
}

@Suite("Adversary: files of other users", .serialized, .timeLimit(.minutes(1)))
struct AdversaryOwnerTests {
  @Test(
    .enabled("the tests run as root, and another user may start the programs") {
      await mayRunAsDaemon()
    },
    arguments: [
      "sniff", "sniff --all", "lag", "gaps", "topics", "trace abc", "expect order.captured",
      "record FOLDER/tape",
    ])
  func `a user who is not in the group reads how to join it`(line: String) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.alpha)
      chmod(deployment.folder, 0o755)
      chown(deployment.runFolder, 0, 4)
      chmod(deployment.runFolder, 0o750)
      let words = line.replacing("FOLDER", with: deployment.folder).split(separator: " ")
      let command = words.map(String.init) + ["--run", deployment.runFolder]
      let child = try ChildProcess(
        asDaemon[0], asDaemon.dropFirst() + [try Programs.path("eventually")] + command,
        folder: "/")
      #expect(try await child.ending() == .exited(69))
      let text = child.lines.all.map(\.text).joined(separator: "\n")
      #expect(
        text.contains(
          "user daemon (1) may not look into \(deployment.runFolder) (permission denied)"),
        "\(text)")
      #expect(text.contains("It belongs to user root (0) and group adm."))
      #expect(text.contains("`sudo usermod -aG adm daemon` and log in again"))
      #expect(text.contains("sudo -u root eventually \(words[0]) "))
    }
  }

  @Test(
    .enabled("the tests run as root, and another user may start the programs") {
      await mayRunAsDaemon()
    },
    arguments: [
      ("verify alpha --state FOLDER", "read FOLDER/alpha/journal.sqlite", "FOLDER/alpha"),
      ("verify FOLDER/alpha/journal.sqlite", "read FOLDER/alpha/journal.sqlite", "FOLDER/alpha"),
      ("backup alpha /tmp/none --state FOLDER", "read FOLDER/alpha/journal.sqlite", "FOLDER/alpha"),
      ("dead-letters list FOLDER/run/alpha", "read FOLDER/run/alpha.lock", "FOLDER/run"),
      (
        "play FOLDER/tape --bind ipc://FOLDER/run/x.events", "use FOLDER/run/x.events",
        "FOLDER/run"
      ),
      ("status FOLDER/run/alpha", "read FOLDER/run/alpha.lock", "FOLDER/run"),
    ])
  func `a user who may not enter a folder reads whose it is`(
    line: String, action: String, folder: String
  ) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.alpha)
      chmod(deployment.folder, 0o755)
      _ = try deployment.write("", to: "tape")
      for folder in [deployment.stateFolder(.alpha), deployment.runFolder] { chmod(folder, 0o700) }
      func filled(_ text: String) -> String { text.replacing("FOLDER", with: deployment.folder) }
      let child = try ChildProcess(
        asDaemon[0],
        asDaemon.dropFirst() + [try Programs.path("eventually")]
          + filled(line).split(separator: " ").map(String.init), folder: "/")
      #expect(try await child.ending() == .exited(69))
      let text = child.lines.all.map(\.text).joined(separator: "\n")
      #expect(
        text.contains("user daemon (1) may not \(filled(action)) (permission denied)"), "\(text)")
      #expect(text.contains("\(filled(folder)) belongs to user root (0) and group root."))
      #expect(text.contains("sudo -u root eventually \(filled(line))"))
      #expect(!text.contains("usermod"))
    }
  }

  @Test(
    .enabled("the tests run as root, and another user may start the programs") {
      await mayRunAsDaemon()
    },
    arguments: ["journal.sqlite", "lock"])
  func `a file that root has left is named at the start and by doctor, with the line that helps`(
    name: String
  ) async throws {
    try await withDeployment { deployment in
      chown(deployment.folder, 1, 1)
      let alpha = try deployment.launch(.alpha, under: asDaemon)
      try await alpha.ready()
      try await deployment.stop(.alpha)
      let file = "\(deployment.stateFolder(.alpha))/\(name)"
      chown(file, 0, 0)
      chmod(file, 0o600)
      let sentence = """
        \(file) belongs to user root (0), and user daemon (1) may not use it. Give it back: sudo \
        chown daemon:daemon \(file)
        """
      let again = try deployment.launch(.alpha, under: asDaemon)
      #expect(try await again.child.ending() == .exited(78))
      #expect(again.lines.contains { $0.message == sentence }, "\(again.lines)")
      let doctor = try deployment.run(
        "eventually", ["doctor", "--state", deployment.folder, "--port-base", "1"])
      #expect(try await doctor.ending() == .exited(1))
      #expect(
        doctor.lines.all.contains {
          $0.text == "BAD the owners of the files of services: \(sentence)"
        },
        "\(doctor.lines.all)")
      chown(file, 1, 1)
      try await deployment.launch(.alpha, under: asDaemon).ready()
    }
  }
}
