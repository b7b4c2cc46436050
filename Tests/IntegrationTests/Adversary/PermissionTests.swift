import Foundation
import Glibc
import Testing

/// The words before a command that run it as a user that owns nothing here.
private let asNobody = [
  "/usr/bin/env", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
]

/// Whether the tests may start a program of theirs as that user.
private func mayRunAsNobody() async -> Bool {
  guard isRoot, let tool = try? Programs.path("eventually"),
    let child = try? ChildProcess(
      asNobody[0], asNobody.dropFirst() + [tool, "--version"], folder: "/")
  else { return false }
  return (try? await child.ending()) == .exited(0)
}

@Suite("Adversary: missing or forbidden files", .serialized, .timeLimit(.minutes(1)))
struct AdversaryPermissionTests {
  @Test(
    .enabled("the tests run as root, and another user may start the programs") {
      await mayRunAsNobody()
    },
    arguments: [
      ("sniff --run RUN", "may not look into RUN"),
      ("sniff --all --run RUN", "may not look into RUN"),
      ("sniff --connect ipc://RUN/alpha.events", "may not use RUN/alpha.events"),
      ("backup alpha /tmp/none --state STATE", "may not read STATE/alpha/journal.sqlite"),
      ("restore alpha --accept --state STATE", "may not write to STATE/alpha"),
      ("backup --into RUN --state STATE", "may not write to RUN"),
      ("backup alpha --into OPEN --state STATE", "may not read STATE/alpha/journal.sqlite"),
      ("backup --into OPEN --state STATE/alpha", "may not look into STATE/alpha"),
    ])
  func `another user reads which file is not allowed`(line: String, sentence: String) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.alpha)
      chmod(deployment.folder, 0o755)
      chmod(deployment.runFolder, 0o750)
      mkdir(deployment.folder + "/open", 0o755)
      chmod(deployment.folder + "/open", 0o777)
      func filled(_ text: String) -> String {
        text.replacing("RUN", with: deployment.runFolder)
          .replacing("OPEN", with: deployment.folder + "/open")
          .replacing("STATE", with: deployment.folder)
      }
      let words = filled(line).split(separator: " ").map(String.init)
      let child = try ChildProcess(
        asNobody[0], asNobody.dropFirst() + [try Programs.path("eventually")] + words, folder: "/")
      #expect(try await child.ending() == .exited(69))
      let text = child.lines.all.map(\.text).joined()
      #expect(text.contains("user nobody (65534) " + filled(sentence)), "\(text)")
      #expect(text.contains("permission denied"))
      #expect(text.contains("sudo -u"))
      #expect(!text.contains("listening to"))
    }
  }

  @Test
  func `a folder that is not there is named with the remedy`() async throws {
    try await withDeployment { deployment in
      for all in [[], ["--all"]] {
        let said = try await deployment.eventually(
          ["sniff", "--run", "/nonexistent"] + all, ends: 69)
        #expect(said.text.contains("there is no folder /nonexistent."))
        #expect(said.text.contains("--run"))
        #expect(!said.text.contains("listening to"))
      }
    }
  }

  @Test(arguments: ["sniff --service alfa --run RUN", "sniff --service alpah --all --run RUN"])
  func `a service that is not there is named, and the near one`(line: String) async throws {
    try await withDeployment { deployment in
      try await deployment.start(.alpha)
      let words = line.replacing("RUN", with: deployment.runFolder).split(separator: " ")
      let said = try await deployment.eventually(words.map(String.init), ends: 64)
      #expect(
        said.text.contains("Did you mean alpha? The services here are: alpha."), "\(said.text)")
    }
  }

  @Test
  func `a backup of a service that is not there is refused with the near one`() async throws {
    try await withDeployment { deployment in
      let said = try await deployment.eventually(
        "backup", "alfa", "file", "--state", deployment.folder, ends: 78)
      #expect(said.text.contains("there is no journal \(deployment.folder)/alfa/journal.sqlite."))
      #expect(said.text.contains("Did you mean alpha?"))
    }
  }

  @Test
  func `a plain file is no socket`() async throws {
    try await withDeployment { deployment in
      let path = try deployment.write("no socket", to: "run/alpha.events")
      let said = try await deployment.eventually("sniff", "--run", deployment.runFolder, ends: 69)
      #expect(said.text.contains("\(path) is a plain file, and no socket"))
    }
  }

  @Test
  func `sniff reports when a missing socket appears`() async throws {
    try await withDeployment { deployment in
      try FileManager.default.createDirectory(
        atPath: deployment.runFolder, withIntermediateDirectories: true)
      let endpoint = "ipc://\(deployment.runFolder)/alpha.events"
      let sniff = try deployment.run(
        "eventually",
        ["sniff", "--run", deployment.runFolder, "--service", "alpha", "--count", "1"])
      _ = try await sniff.line("that it waits") {
        $0.text == "\(endpoint) is not there yet, and is listened to as soon as it is"
      }
      #expect(!sniff.lines.all.contains { $0.text.hasPrefix("listening") })
      let alpha = try await deployment.start(.alpha)
      _ = try await sniff.line("that it listens") { $0.text == "listening to \(endpoint)" }
      // It is connected some time after.
      while !sniff.hasEnded {
        try await changeSettings(1, at: try await alpha.http)
        await Task.yield()
      }
      #expect(try await sniff.ending() == .exited(0))
    }
  }
}
