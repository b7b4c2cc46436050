import Foundation
import Testing

extension Stories {
  /// The status of services that run, by each of the ways to name and to show them.
  @Suite("The status", .serialized, .timeLimit(.minutes(1)))
  struct Status {
    @Test
    func `status is shown again and again, and for Nagios with its exit codes`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(.overlord)
        let options = try await deployment.addresses()
        let watching = try deployment.run(
          "eventually", ["status", "overlord", "--watch"] + options)
        let isRow: @Sendable (OutputLine) -> Bool = { $0.text.hasPrefix("overlord ") }
        _ = try await watching.line("the status", where: isRow)
        let count = watching.lines.all.count
        _ = try await watching.line("the status again", after: count, where: isRow)
        watching.signal(SIGINT)
        #expect(try await watching.ending() != .exited(69))

        let nagios = ["status", "overlord", "--format", "nagios"] + options
        try await deployment.stop(.overlord)
        let away = try await deployment.eventually(nagios, ends: 2)
        #expect(away.text.hasPrefix("EVENTUALLY CRITICAL - overlord"), "\(away.text)")
      }
    }

    @Test
    func `a lock with another service's process does not make that service of its name`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(.overlord)
        let lock = deployment.runFolder + "/overlord.lock"
        let right = try await deployment.eventually(
          ["dead-letters", deployment.runFolder + "/overlord"])
        #expect(right.text.hasSuffix("/overlord has no dead letters"), "\(right.text)")

        let folder = deployment.folder + "/fake"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: lock, toPath: folder + "/alpha.lock")
        let copied = try await deployment.eventually(["status", folder + "/alpha"], ends: 69)
        #expect(copied.text.contains("does not hold \(folder)/alpha.lock"), "\(copied.text)")

        // Under another name, even the file that is held belongs to another service.
        try FileManager.default.linkItem(atPath: lock, toPath: folder + "/beta.lock")
        let linked = try await deployment.eventually(
          ["dead-letters", "retry", folder + "/beta", "--all", "--yes"], ends: 69)
        #expect(linked.text.contains("is overlord, and not beta"), "\(linked.text)")
      }
    }
  }
}
