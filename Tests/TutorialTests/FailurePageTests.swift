import Foundation
import Testing

/// The page “Failures” has a row for each failure, whose code is declared and whose test is there.
@Suite(.timeLimit(.minutes(1))) struct FailurePageTests {
  private let rows: [Row]

  init() throws {
    let page = try String(
      contentsOf: root.appending(path: "Sources/Daemon/Daemon.docc/Failures.md"), encoding: .utf8)
    rows = page.split(separator: "\n").compactMap { Row($0) }
  }

  @Test func `each row's kind is one of three, and its code is declared in the sources`() throws {
    try #require(rows.count > 15)
    let sources = try text(in: "Sources")
    for row in rows {
      #expect(["passes", "operator", "ours"].contains(row.kind), "\(row)")
      #expect(sources.contains("\"\(row.code)\""), "\(row.code) is declared nowhere")
    }
  }

  @Test func `each row's test is there, in its suite`() throws {
    let tests = try files(in: "Tests").map { try String(contentsOf: $0, encoding: .utf8) }
    for row in rows {
      #expect(
        tests.contains { text in
          text.contains(" \(row.suite)")
            && (text.contains("`\(row.test)`") || text.contains("\"\(row.test)\""))
        },
        "\(row.suite): \(row.test)")
    }
  }

  @Test func `each code of the journal has a row`() throws {
    let errors = try String(
      contentsOf: root.appending(path: "Sources/Journal/JournalError.swift"), encoding: .utf8)
    let codes = errors.matches(of: #/Code\("([a-z-]+)", kind: \./#).map { String($0.1) }
    try #require(codes.count > 10)
    for code in codes { #expect(rows.contains { $0.code == code }, "\(code)") }
  }

  private func files(in folder: String) throws -> [URL] {
    let base = root.appending(path: folder)
    return try FileManager.default.subpathsOfDirectory(atPath: base.path)
      .filter { $0.hasSuffix(".swift") }.map { base.appending(path: $0) }
  }

  private func text(in folder: String) throws -> String {
    try files(in: folder).map { try String(contentsOf: $0, encoding: .utf8) }.joined()
  }
}

private let root = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized

/// A row of the page's tables: failure, code, kind, what happens, what to do, test.
private struct Row {
  let code: String
  let kind: String
  let suite: String
  let test: String

  /// Nil for a line that is no row with a code.
  init?(_ line: Substring) {
    let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    guard line.hasPrefix("|"), cells.count == 6,
      let code = cells[1].wholeMatch(of: #/`([a-z-]+)`/#),
      let test = cells[5].wholeMatch(of: #/`(\w+)`: `(.+)`/#)
    else { return nil }
    self.code = String(code.1)
    kind = cells[2]
    suite = String(test.1)
    self.test = String(test.2)
  }
}
