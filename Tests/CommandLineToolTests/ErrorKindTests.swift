import Foundation
import Testing

@testable import CommandLineTool

@Suite("Every kind of problem is explained", .timeLimit(.minutes(1)))
struct ErrorKindTests {
  /// The repository's folder.
  private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The status of each function that makes a problem.
  private static let statuses = [
    "badRequest": 400, "forbidden": 403, "notFound": 404, "conflict": 409,
    "preconditionFailed": 412, "unprocessable": 422, "preconditionRequired": 428,
    "unavailable": 503,
  ]

  /// The kinds that the sources make, with their statuses where the maker's name has it.
  private func kinds() throws -> [String: Int?] {
    let makers =
      /\b([a-zA-Z]+)\(\s*"([a-z][a-z-]+)",\s*(?:detail|remedy|\n)|slug: "([a-z][a-z-]+)"/
    var kinds: [String: Int?] = [:]
    let sources = root.appending(path: "Sources")
    let files = try #require(FileManager.default.enumerator(atPath: sources.path))
    for case let name as String in files where name.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
      for match in text.matches(of: makers) {
        if let slug = match.output.3 {
          kinds[String(slug), default: nil] = nil
        } else if let maker = match.output.1, let status = Self.statuses[String(maker)] {
          kinds[String(match.output.2 ?? "")] = status
        }
      }
    }
    return kinds
  }

  @Test("Each kind that a service answers with is in the table, once, with its status")
  func complete() throws {
    let known = Dictionary(grouping: ErrorKinds.all, by: \.kind)
    #expect(known.values.allSatisfy { $0.count == 1 })
    let made = try kinds()
    #expect(made.count > 40)
    #expect(Set(made.keys).subtracting(known.keys).sorted() == [])
    #expect(made.values.compactMap(\.self).count > 25)
    for case (let kind, let status?) in made {
      #expect(known[kind]?.first?.status == status, "\(kind)")
    }
  }

  @Test("A kind is found by its name and by its type")
  func names() {
    #expect(ErrorKinds.named("disk-full")?.status == 503)
    #expect(ErrorKinds.named("urn:eventually:problem:disk-full") == ErrorKinds.named("disk-full"))
    #expect(ErrorKinds.named("nothing") == nil)
  }
}
