import Foundation
import Testing

/// The tables of the page “Observing” claim for commands what tests prove, and so name them.
@Suite(.timeLimit(.minutes(1)))
struct ObservingTableTests {
  /// The cells of the rows below a heading that has a column of this name.
  private func cells(ofColumn name: String, in page: String) -> [String] {
    var column: Int?
    var found: [String] = []
    for line in page.components(separatedBy: "\n") {
      guard line.hasPrefix("| ") else {
        if !line.hasPrefix("|-") { column = nil }
        continue
      }
      // A bar within a cell is escaped.
      let cells = line.replacing("\\|", with: "¦").split(separator: "|")
        .map { $0.trimmingCharacters(in: .whitespaces) }
      if let column {
        found.append(cells[column])
      } else if let heading = cells.firstIndex(of: name) {
        column = heading
      }
    }
    return found
  }

  private func tests() throws -> String {
    let folder = TidyTests.root.appending(path: "Tests").path
    return try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix("Tests.swift") && !$0.contains(".build/") }
      .map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
      .joined(separator: "\n")
  }

  @Test func `each row of the tables has tests, and each test exists`() throws {
    let page = try String(
      contentsOf: TidyTests.root.appending(path: "Sources/Daemon/Daemon.docc/Observing.md"),
      encoding: .utf8)
    let rows = cells(ofColumn: "Test", in: page)
    #expect(rows.count > 25)
    let tests = try tests()
    for row in rows {
      let names = row.matches(of: #/`([^`]+)`/#).map { String($0.1) }
      #expect(!names.isEmpty, "\(row)")
      for name in names {
        let exists =
          tests.contains("func `\(name)`(") || tests.contains("@Test(\"\(name)\"")
          || tests.contains("@Test(\n    \"\(name)\"")
        #expect(exists, "no test is called \(name)")
      }
    }
  }

  @Test func `every row has a cell for each tool`() throws {
    let page = try String(
      contentsOf: TidyTests.root.appending(path: "Sources/Daemon/Daemon.docc/Observing.md"),
      encoding: .utf8)
    for tool in ["nats sub", "kcat", "mosquitto_sub", "ros2 topic", "res"] {
      let cells = cells(ofColumn: "`\(tool)`", in: page)
      #expect(cells.count > 15)
      #expect(!cells.contains(""))
    }
  }
}
