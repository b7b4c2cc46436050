import Foundation
import Testing

/// No test waits for ever: each suite has a time limit.
@Suite(.timeLimit(.minutes(1)))
struct TimeLimitTests {
  private static let tests = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The files with tests, without those that the documentation shows.
  private static let files: [(path: String, text: String)] = {
    let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
    return (files?.allObjects as? [URL] ?? [])
      .filter {
        $0.pathExtension == "swift"
          && !$0.path.contains(/\/Tests\/(Tutorial|Snippets\/RoomTesting)/)
      }
      .sorted { $0.path < $1.path }
      .compactMap { file in
        (try? String(contentsOf: file, encoding: .utf8)).map { (file.lastPathComponent, $0) }
      }
  }()

  @Test func `each suite has a time limit`() {
    #expect(Self.files.count > 100)
    for (path, text) in Self.files {
      for suite in Self.unlimited(in: text) {
        Issue.record("\(path): no time limit in “\(suite)”")
      }
    }
  }

  @Test(arguments: [
    ("@Suite struct A {\n  @Test func b() {}\n}\n", 1),
    ("@Suite(\"A\", .serialized)\nstruct A {\n  @Test func b() {}\n}\n", 1),
    ("import B\n\nstruct A {\n  @Test(arguments: [1]) func b() {}\n}\n", 1),
    ("extension A {\n  @Suite struct B {\n    @Test func c() {}\n  }\n}\n", 1),
    ("@Suite(.timeLimit(.minutes(1))) struct A {\n  @Test func b() {}\n}\n", 0),
    ("@Suite(\n  .timeLimit(.minutes(1))\n)\nstruct A {\n  @Test func b() {}\n}\n", 0),
    ("struct A {\n  func b() {}\n}\n", 0),
  ])
  func `a suite without one is found`(text: String, count: Int) {
    #expect(Self.unlimited(in: text).count == count)
  }

  /// The headers of the suites that have no time limit, and the types whose tests are in no suite.
  private static func unlimited(in text: String) -> [Substring] {
    let suite = /^ *@Suite[^{]*\{/.anchorsMatchLineEndings()
    let test = /^ *@Test\b/.anchorsMatchLineEndings()
    let headers = text.matches(of: suite).map(\.output)
    let types = text.split(separator: "\n}\n").filter {
      $0.contains(test) && !$0.contains(suite)
    }
    return headers.filter { !$0.contains(".timeLimit(") } + types.map { $0.prefix(200) }
  }
}
