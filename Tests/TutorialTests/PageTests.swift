import Foundation
import Testing

/// The pages “Add a service” and “Two services” show the files of packages, which are built and
/// tested, so that the pages cannot rot.
@Suite(.timeLimit(.minutes(1))) struct PageTests {
  @Test(arguments: Guide.allCases)
  func `the page shows every file of the package, and no other`(guide: Guide) throws {
    let shown = try guide.page.listings.map(\.path)
    #expect(shown.sorted() == Set(shown).sorted(), "each is shown once")
    #expect(shown.sorted() == (try guide.files()).sorted())
  }

  @Test(arguments: Guide.allCases)
  func `each file stands in the page as it is, to the byte`(guide: Guide) throws {
    for listing in try guide.page.listings {
      let file = guide.package.appending(path: listing.path)
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(listing.text == text, "copy \(file.path) into the page")
    }
  }

  @Test func `two services are forty lines`() throws {
    let sources = try Guide.twoServices.page.listings.filter { $0.path.hasPrefix("Sources/") }
    let lines = sources.flatMap { $0.text.split(separator: "\n") }
    #expect(lines.count <= 40)
  }
}

/// A page that shows a package.
enum Guide: String, CaseIterable {
  case addAService = "AddAService"
  case twoServices = "TwoServices"

  var package: URL {
    let folder = self == .addAService ? "Tutorial" : "TwoServices"
    return repository.appending(path: "Tests/\(folder)")
  }

  var page: Page {
    get throws { try Page(at: "Sources/Daemon/Daemon.docc/\(rawValue).md") }
  }

  /// The files of the package, without what was built or resolved in its folder.
  func files() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: package.path).filter { path in
      guard !path.hasPrefix("."), path != "Package.resolved" else { return false }
      let file = package.appending(path: path).path
      let attributes = try FileManager.default.attributesOfItem(atPath: file)
      return attributes[.type] as? FileAttributeType == .typeRegular
    }
  }
}
