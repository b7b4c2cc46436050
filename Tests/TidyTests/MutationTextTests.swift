import Foundation
import Testing

/// The lists of deliberate mistakes belong to the present sources: each replaced text is there once.
@Suite(.timeLimit(.minutes(1)))
struct MutationTextTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func text(of path: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }

  @Test(arguments: ["Tests/Simulation/Mutations.txt", "Tests/Mutations/Checks.txt"])
  func `the text that a mutation replaces occurs once`(list: String) throws {
    let mutations = try text(of: list).components(separatedBy: "\n=== ").dropFirst()
    #expect(mutations.count > 30)
    for mutation in mutations {
      let lines = mutation.components(separatedBy: "\n")
      let file = try #require(lines.first { $0.hasPrefix("--- ") }?.dropFirst(4))
      let start = try #require(lines.firstIndex { $0.hasPrefix("--- ") }) + 1
      let end = try #require(lines.firstIndex(of: "+++"))
      let replaced = lines[start..<end].joined(separator: "\n")
      let count = try text(of: String(file)).components(separatedBy: replaced).count - 1
      #expect(count == 1, "\(lines[0]): \(count) times in \(file)")
    }
  }
}
