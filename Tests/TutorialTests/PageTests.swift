import Foundation
import Testing

/// The page “Add a service” shows the files of a package, `Tests/Tutorial`, which is built and
/// tested: so the page cannot rot.
@Suite(.timeLimit(.minutes(1))) struct PageTests {
  private let page: Page
  private let package = repository.appending(path: "Tests/Tutorial")

  init() throws {
    page = Page(
      try String(
        contentsOf: repository.appending(path: "Sources/Daemon/Daemon.docc/AddAService.md"),
        encoding: .utf8))
  }

  @Test func `the page shows every file of the package, and no other`() throws {
    let shown = page.listings.map(\.path)
    #expect(shown.sorted() == Set(shown).sorted(), "each is shown once")
    #expect(shown.sorted() == (try files()).sorted())
  }

  @Test func `each file stands in the page as it is, to the byte`() throws {
    for listing in page.listings {
      let file = package.appending(path: listing.path)
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(listing.text == text, "copy Tests/Tutorial/\(listing.path) into the page")
    }
  }

  /// The files of the package, without what was built or resolved in its folder.
  private func files() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: package.path).filter { path in
      guard !path.hasPrefix("."), path != "Package.resolved" else { return false }
      let file = package.appending(path: path).path
      let attributes = try FileManager.default.attributesOfItem(atPath: file)
      return attributes[.type] as? FileAttributeType == .typeRegular
    }
  }
}

private let repository = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized

/// A page in Markdown.
private struct Page {
  /// A file that is shown: its path in backticks on a line of its own, with a colon, and then a
  /// fenced block.
  struct Listing {
    let path: String
    var text = ""
  }

  private(set) var listings: [Listing] = []

  init(_ markdown: String) {
    var named: String?
    var isInside = false
    for line in markdown.components(separatedBy: "\n") {
      if line.hasPrefix("```") {
        isInside.toggle()
        guard let path = named else { continue }
        if isInside { listings.append(Listing(path: path)) } else { named = nil }
      } else if isInside {
        if named != nil { listings[listings.count - 1].text += line + "\n" }
      } else if let name = line.wholeMatch(of: #/`([^`]+)`:/#) {
        named = String(name.1)
      }
    }
  }
}
