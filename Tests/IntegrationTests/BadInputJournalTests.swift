import Foundation
import GRDB
import Testing

@Suite("Bad input: journals and folders", .timeLimit(.minutes(1)))
struct BadInputJournalTests {
  /// Starts Alpha on a journal, expects its refusal, and that the file's bytes are what they were.
  private func refuses(_ path: String, in deployment: Deployment, says words: String) async throws {
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    try await deployment.launch(.alpha).expectRefusal(says: path, words, "nothing was changed")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test(arguments: [
    Data("This is a letter, and no database at all, however long it goes on.".utf8),
    Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }),
    Data("SQLite format 3\0".utf8) + Data(repeating: 7, count: 8_000),
  ])
  func `a journal that is not a database is refused, and left as it is`(bytes: Data) async throws {
    try await withDeployment { deployment in
      let path = try deployment.write(bytes, to: "alpha/journal.sqlite")
      try await refuses(path, in: deployment, says: "not a journal")
    }
  }

  @Test
  func `a stranger's database is refused, and left as it is`() async throws {
    try await withDeployment { deployment in
      let path = try deployment.write("", to: "alpha/journal.sqlite")
      try makeDatabase(
        path, "CREATE TABLE recipes (name TEXT)", "INSERT INTO recipes VALUES ('pie')")
      try await refuses(path, in: deployment, says: "no journal")
    }
  }

  @Test
  func `a journal of a newer version is refused, and left as it is`() async throws {
    try await withDeployment { deployment in
      #expect(try await deployment.start(.alpha).terminate() == .exited(0))
      let path = deployment.stateFolder(.alpha) + "/journal.sqlite"
      try makeDatabase(path, "INSERT INTO grdb_migrations VALUES ('alpha-99-tomorrow')")
      try await refuses(path, in: deployment, says: "newer version")
      try makeDatabase(path, "DELETE FROM grdb_migrations WHERE identifier = 'alpha-99-tomorrow'")
      try await deployment.start(.alpha)
    }
  }

  @Test
  func `another service's journal is refused, and left as it is`() async throws {
    try await withDeployment { deployment in
      #expect(try await deployment.start(.beta).terminate() == .exited(0))
      let other = deployment.stateFolder(.beta) + "/journal.sqlite"
      let bytes = try Data(contentsOf: URL(fileURLWithPath: other))
      let path = try deployment.write(bytes, to: "alpha/journal.sqlite")
      try await refuses(path, in: deployment, says: "journal of beta, not of alpha")
    }
  }

  @Test
  func `a file in the place of a folder is named, with the option to give`() async throws {
    try await withDeployment { deployment in
      let file = try deployment.write("", to: "file")
      for (option, place) in [("--state", file), ("--state", file + "/deep"), ("--run", file)] {
        let folders = ["--state": deployment.folder + "/s", "--run": deployment.runFolder]
          .merging([option: place]) { $1 }
        let path = try deployment.write("alpha:\n", to: "empty.yaml")
        let (ending, text) = try await deployment.outcome(
          "alphad",
          ["--config", path, "--alpha-http-port", "0"] + folders.flatMap { [$0.key, $0.value] })
        #expect(ending == .exited(78))
        #expect(text.contains(file) && text.contains("with \(option)"), "\(text)")
        #expect(!text.contains("Stop that"), "\(text)")
      }
    }
  }

  @Test
  func `a folder in the place of the journal is named`() async throws {
    try await withDeployment { deployment in
      try deployment.write("", to: "alpha/journal.sqlite/x")
      try await deployment.launch(.alpha)
        .expectRefusal(says: deployment.stateFolder(.alpha) + "/journal.sqlite")
    }
  }
}
