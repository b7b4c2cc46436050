import Foundation
import Glibc
import Testing

/// The words before a command that run it as a user that owns nothing here, in some groups.
private func asStranger(groups: String) -> [String] {
  let user = ["/usr/bin/env", "setpriv", "--reuid=65534", "--regid=65534"]
  return user + (groups.isEmpty ? ["--clear-groups"] : ["--groups=\(groups)"])
}

/// Whether the tests may start a program of theirs as that user.
private func mayBeStranger() async -> Bool {
  let words = asStranger(groups: "")
  guard isRoot, let tool = try? Programs.path("eventually"),
    let child = try? ChildProcess(words[0], words.dropFirst() + [tool, "--version"], folder: "/")
  else { return false }
  return (try? await child.ending()) == .exited(0)
}

/// The socket on which a service takes the commands of operators: row O1.
@Suite("Adversary: the socket of operators", .serialized, .timeLimit(.minutes(1)))
struct AdversaryOperatorSocketTests {
  private static let group: gid_t = 42_424

  /// Runs `eventually` as the stranger, to its end.
  private func ask(_ arguments: String, groups: String = "", in deployment: Deployment) async throws
    -> (ending: Ending, text: String)
  {
    let words = asStranger(groups: groups)
    let child = try ChildProcess(
      words[0],
      words.dropFirst() + [try Programs.path("eventually")]
        + arguments.replacing("RUN", with: deployment.runFolder).split(separator: " ")
        .map(String.init), folder: "/")
    let ending = try await child.ending()
    return (ending, child.lines.all.map(\.text).joined(separator: " "))
  }

  /// A deployment whose run directory has a group of its own.
  private func withGroup(_ body: (Deployment, DaemonProcess) async throws -> Void) async throws {
    try await withDeployment { deployment in
      let run = deployment.runFolder
      try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: false)
      #expect(chown(run, 0, Self.group) == 0 && chmod(run, 0o2770) == 0)
      chmod(deployment.folder, 0o755)
      try await body(deployment, try await deployment.start(.alpha))
    }
  }

  @Test(
    .enabled("the tests run as root, and another user may start the programs") {
      await mayBeStranger()
    })
  func `another user is refused, and a member of the group is not`() async throws {
    try await withGroup { deployment, alpha in
      let path = deployment.runFolder + "/alpha.operator"
      let member = "\(Self.group)"
      let outside = try await ask("follow remove RUN/alpha overlord", in: deployment)
      #expect(outside.ending == .exited(69))
      #expect(outside.text.contains("may not use \(path) (permission denied)"), "\(outside.text)")
      // The permissions of the files are not the only guard.
      #expect(chmod(path, 0o666) == 0 && chmod(deployment.runFolder, 0o755) == 0)
      let other = try await ask("follow remove RUN/alpha overlord", in: deployment)
      #expect(other.ending == .exited(1))
      #expect(other.text.contains("alpha refused (403)"), "\(other.text)")
      #expect(other.text.contains("member of group \(Self.group)"), "\(other.text)")
      #expect(chmod(path, 0o660) == 0 && chmod(deployment.runFolder, 0o2770) == 0)

      let allowed = try await ask(
        "follow remove RUN/alpha overlord", groups: member, in: deployment)
      #expect(allowed.ending == .exited(0), "\(allowed.text)")
      let line = try await alpha.logged("the removal") {
        $0.message.hasPrefix("consumer overlord is removed at ")
      }
      #expect(line.message.contains("(65534)"), "\(line.message)")
      #expect(line.json["client.user.id"] == "65534")
      try await deployment.stop(.alpha)
      #expect(access(path, F_OK) != 0)
    }
  }

  @Test
  func `over TCP the commands are refused, from this machine too`() async throws {
    try await withDeployment { deployment in
      let alpha = try await deployment.start(.alpha)
      let requests = [
        ("POST", "/api/subscriptions/beta/reset"), ("DELETE", "/api/consumers/overlord"),
      ]
      for (method, path) in requests {
        let answer = try await alpha.http.send(method, path)
        #expect(answer.status == 403)
        #expect(answer.json["remedy"].text.contains("eventually follow reset"))
        #expect(answer.json["detail"].text.contains(deployment.runFolder + "/alpha.operator"))
      }
      let bus = try await alpha.http.get("/api/bus").json
      #expect(bus["consumers"].list.contains { $0["name"] == "overlord" })
    }
  }

  @Test
  func `an address leads to the socket of that service alone`() async throws {
    try await withDeployment { deployment in
      try await withDeployment { other in
        let alpha = try await deployment.start(.alpha)
        try await other.start(.alpha)
        let address = try await alpha.http.base
        let wrong = try await other.eventually(
          "follow", "remove", address, "overlord", "--run", other.runFolder, ends: 69)
        #expect(wrong.text.contains("on the machine of that service"), "\(wrong.text)")
        let missing = try await other.eventually(
          "follow", "remove", address, "overlord", "--run", "/nonexistent", ends: 69)
        #expect(missing.text.contains("on the machine of that service"), "\(missing.text)")
        try await other.eventually("follow", "remove", address, "overlord")
        for (process, has) in [(alpha, false), (other[.alpha], true)] {
          let bus = try await process.http.get("/api/bus").json
          #expect(bus["consumers"].list.contains { $0["name"] == "overlord" } == has)
        }
        try await other.eventually("follow", "remove", "alpha", "beta", "--run", other.runFolder)
      }
    }
  }
}
