import Foundation
import Testing

/// The page of each library product begins with an example: a file that `SnippetTests` compiles
/// and runs.
@Suite(.timeLimit(.minutes(1))) struct LandingPageTests {
  @Test(arguments: [
    "ZeroMQ", "Runtime", "Events", "Versions", "Schema", "Journal", "Courier", "Daemon",
    "RoomTesting",
  ])
  func `the page begins with its example, to the byte`(product: String) throws {
    let page = try text("Sources/\(product)/\(product).docc/\(product).md")
    let example = try text("Tests/Snippets/\(product).swift")
    let parts = page.split(separator: "```", maxSplits: 2).map(String.init)
    try #require(parts.count == 3, "\(product) has no example")
    #expect(parts[1] == "swift\n" + example, "copy Tests/Snippets/\(product).swift into the page")
    let before = parts[0].split(separator: "\n")
    #expect(before.first == "# ``\(product)``")
    #expect((2...3).contains(before.count), "a title and one sentence come first")
    let lines = example.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 21, "at most twenty lines")
  }

  @Test func `the README begins with a part of a service that is compiled and run`() throws {
    let parts = try text("README.md").split(separator: "```swift\n", maxSplits: 1)
    let example = try #require(parts.last?.split(separator: "```", maxSplits: 1).first)
    let service = try text("Tests/TwoServices/Sources/counterd/Counter.swift")
    #expect(service.contains(example))
    #expect(example.split(separator: "\n").count <= 21)
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appending(path: path), encoding: .utf8)
  }
}
