import ArgumentParser
import Foundation
import Testing

@testable import CommandLineTool

@Suite("A new service", .timeLimit(.minutes(1)))
struct NewServiceTests {
  private let tutorial = URL(fileURLWithPath: #filePath)
    .appending(path: "../../Tutorial").standardized
  private let folder = "/tmp/new-service-\(UUID().uuidString.prefix(8))"

  @Test("The template is every file of the tutorial, as it is")
  func template() throws {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: tutorial.path)
      .filter { path in
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(
          atPath: tutorial.appending(path: path).path, isDirectory: &isFolder)
        return !isFolder.boolValue && !path.hasPrefix(".") && path != "Package.resolved"
      }
    #expect(paths.sorted() == ServiceTemplate.tutorial.map(\.path).sorted())
    for file in ServiceTemplate.tutorial {
      #expect(try text(tutorial.appending(path: file.path)) == file.text, "\(file.path)")
    }
  }

  @Test("The written package is the tutorial's, with the name replaced and nothing else")
  func written() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let command = try NewServiceCommand.parse([
      "epsilon", "--folder", folder, "--eventually", "/srv/eventually",
    ])
    try await command.perform()
    let written = try FileManager.default.subpathsOfDirectory(atPath: folder)
    #expect(!written.contains { $0.lowercased().contains("delta") })
    for file in ServiceTemplate.tutorial {
      let path = file.path.replacing("delta", with: "epsilon").replacing("Delta", with: "Epsilon")
      let found = try text(URL(fileURLWithPath: "\(folder)/\(path)"))
      #expect(!found.lowercased().contains("delta"), "\(path)")
      let back = found.replacing("epsilon", with: "delta").replacing("Epsilon", with: "Delta")
        .replacing("/srv/eventually", with: "../..")
      #expect(back == file.text, "\(path)")
    }
  }

  @Test("A repository is named by its folder, or by its URL with the package's identity")
  func library() {
    let folders = Folders(working: "/home/ada", environment: [:], exists: { _ in false })
    let manifest = { (text: String) in
      ServiceTemplate(name: "epsilon", library: LibraryPlace(text, in: folders)).files[0].text
    }
    let local = ".package(name: \"eventually\", path: \"/home/ada/work/it\")"
    #expect(manifest("work/it").contains(local))
    #expect(manifest("/home/delta/it").contains("path: \"/home/delta/it\""))
    #expect(manifest("https://example.org/delta.git").contains("\"https://example.org/delta.git\""))
    let remote = manifest("https://example.org/fork.git")
    #expect(remote.contains(".package(url: \"https://example.org/fork.git\", branch: \"main\")"))
    #expect(remote.contains(".product(name: \"Daemon\", package: \"fork\")"))
    #expect(!remote.contains("eventually"))
  }

  @Test("A file that is there is named and kept, and nothing else is written")
  func existing() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = "\(folder)/Sources/epsilond/main.swift"
    try FileManager.default.createDirectory(
      atPath: "\(folder)/Sources/epsilond", withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: file))
    let command = try NewServiceCommand.parse(["epsilon", "--folder", folder, "--eventually", "/"])
    let failure = await #expect(throws: Failure.self) { try await command.perform() }
    #expect(failure?.status == .refused)
    #expect(failure?.description.hasPrefix("\(file) is there already") == true)
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() == [
        "Sources", "Sources/epsilond", "Sources/epsilond/main.swift",
      ])
    #expect(try text(URL(fileURLWithPath: file)) == "mine")
  }

  @Test("A file that cannot be written removes the files before it")
  func unwritable() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // The second file needs a folder where the first one is a file.
    let files = [
      ServiceTemplate.File(path: "a/b", text: ""), ServiceTemplate.File(path: "a/b/c", text: ""),
    ]
    #expect(throws: Failure.self) { try NewFiles(files, in: folder).write() }
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  private func text(_ file: URL) throws -> String {
    try String(contentsOf: file, encoding: .utf8)
  }
}
