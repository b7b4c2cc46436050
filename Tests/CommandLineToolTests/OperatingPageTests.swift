import ArgumentParser
import Foundation
import Testing

@testable import CommandLineTool

@Suite("The page Operating", .timeLimit(.minutes(1)))
struct OperatingPageTests {
  private func text(of path: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  private func page() throws -> String { try text(of: "Sources/Daemon/Daemon.docc/Operating.md") }

  @Test("Each command of the page is parsed as it is")
  func commands() throws {
    let parts = try page().components(separatedBy: "```")
    let code = parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }.joined(separator: "\n")
      .replacing(#/ +#.*/#, with: "").replacing("sudo -u eventually ", with: "sudo ")
      .replacing("$service", with: "alpha")
    let commands = CommandLineToolTests.examples(in: code)
    #expect(commands.count > 12)
    for words in commands {
      #expect(throws: Never.self, "\(words)") { try Eventually.parseAsRoot(words) }
    }
  }

  @Test("Each alert is explained")
  func alerts() throws {
    let alerts = try text(of: "config/prometheus/alerts.yml")
      .matches(of: #/- alert: (\w+)/#).map { String($0.1) }
    #expect(alerts.count > 15)
    let page = try page()
    for alert in alerts { #expect(page.contains("| `\(alert)` |"), "\(alert)") }
  }
}
