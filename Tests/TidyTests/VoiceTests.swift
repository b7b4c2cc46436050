import Foundation
import Testing

/// Everything that a person reads is plain engineering English: the sources, the pages, the tests.
@Suite(.timeLimit(.minutes(1)))
struct VoiceTests {
  /// A text with its lines, without code where it is a test's source.
  private struct Text {
    let path: String
    let lines: [String]
  }

  /// The words that plain engineering English does without.
  private static let words: Set = [
    "whoever", "nobody", "somebody", "everyone", "heed", "hears", "tells", "told", "mend",
  ]

  /// A word in a file.
  private struct Place: Hashable {
    let path: String
    let word: String
  }

  /// The places in which a word is not of the voice, by file, each with its reason.
  private static let exempt: [(reason: String, word: String, files: [String])] = [
    (
      "the text of a migration stays", "somebody",
      ["Sources/Journal/Store/JournalMigrations.swift"]
    ),
    (
      "the user 65534 has this name", "nobody",
      ["FileTests", "PermissionTests", "SocketsTests"].map {
        "Tests/IntegrationTests/Adversary/\($0).swift"
      }
    ),
    (
      "the user 65534 has this name", "nobody",
      ["Tests/PostgreSQLServer/PostgreSQLServer.swift"]
    ),
    (
      "a value of the test: the name of something that does not exist", "nobody",
      [
        "Tests/CommandLineToolTests/UsageTests.swift",
        "Tests/IntegrationTests/BadInputAddressTests.swift",
        "Tests/IntegrationTests/BadInputConfigurationTests.swift",
        "Tests/IntegrationTests/OperatorTests.swift",
        "Tests/IntegrationTests/WireBeatTests.swift", "Tests/RoomTests/OverlordTests.swift",
        "Tests/ZeroMQTests/RoundTripTests.swift",
      ]
    ),
    (
      "a value of the test: the reason for a lost history", "somebody",
      [
        "Tests/DaemonTests/DeadLetterRouteTests.swift",
        "Tests/DaemonTests/OperatorRouteTests.swift",
      ]
    ),
    (
      "a value of the test: the prefix of a fact", "told",
      ["Tests/IntegrationTests/Support/Books.swift"]
    ),
    (
      "a message of the simulation", "told",
      ["Tests/Simulation/Checker/Checker.swift", "Tests/Simulation/Checker/Convergence.swift"]
    ),
    ("an option's help of the simulation", "tells", ["Tests/SimulationCommand/Simulate.swift"]),
  ]

  /// The files of the tree that people read, but not golden files, the corpus of the fuzzer and
  /// this list of words.
  private static func texts() throws -> [Text] {
    let folders = ["Sources", "Tests", "config", "systemd"]
    let files = try folders.flatMap { folder in
      let path = TidyTests.root.appending(path: folder).path
      return try FileManager.default.subpathsOfDirectory(atPath: path).map { "\(folder)/\($0)" }
    }
    let kinds = ["swift", "md", "mustache", "py", "txt", "yaml", "service", "c", "h"]
    let read = files.filter { file in
      kinds.contains { file.hasSuffix(".\($0)") } && !file.contains("/.build/")
        && !file.contains("/Golden/") && !file.contains("/Corpus/")
        && !file.hasSuffix("/VoiceTests.swift")
    }
    return try (read + ["README.md", "CHANGELOG.md", "Package.swift", "Makefile"]).sorted().map {
      let text = try String(contentsOf: TidyTests.root.appending(path: $0), encoding: .utf8)
      let isTest = $0.hasPrefix("Tests/") && $0.hasSuffix(".swift")
      return Text(
        path: $0, lines: isTest ? CodeText.prose(of: text) : text.components(separatedBy: "\n"))
    }
  }

  private static func words(in line: String) -> [String] {
    line.utf8.split { byte in
      !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) && byte != UInt8(ascii: "_")
    }.map { String(decoding: $0, as: UTF8.self).lowercased() }
  }

  @Test func `no text has a word of the old voice`() throws {
    let texts = try Self.texts()
    for kind in ["README.md", ".docc/", "Tests/", "Sources/"] {
      try #require(texts.contains { $0.path.contains(kind) })
    }
    let exempt = Set(
      Self.exempt.flatMap { exemption in
        exemption.files.map { Place(path: $0, word: exemption.word) }
      })
    var used: Set<Place> = []
    for text in texts {
      for (number, line) in text.lines.enumerated() {
        for word in Self.words(in: line) where Self.words.contains(word) {
          let place = Place(path: text.path, word: word)
          used.insert(place)
          if !exempt.contains(place) {
            Issue.record("\(text.path):\(number + 1): \(word)")
          }
        }
      }
    }
    #expect(used.isSuperset(of: exempt), "an exemption is not needed any more")
  }

  @Test func `prose is what is not code`() {
    let source = """
      /// A comment.
      func `a name`(code: Int) { print("a \\(code) string", code) } // too
      """
    let words = CodeText.prose(of: source).map { Self.words(in: $0) }
    #expect(words == [["a", "comment"], ["a", "name", "a", "code", "string", "too"]])
  }
}
