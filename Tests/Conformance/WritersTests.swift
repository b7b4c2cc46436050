import Events
import Foundation
import PostgreSQLServer
import Runtime
import Testing

@testable import Journal

/// Several processes write to one journal, on the engine that allows it.
@Suite(
  .enabled(if: PostgreSQLServer.missing == nil, Comment(rawValue: PostgreSQLServer.missing ?? "")),
  .timeLimit(.minutes(2)))
struct WritersTests {
  @Test func `four writers in two processes leave one log without gaps`() throws {
    let address = try PostgreSQLServer.shared.get().makeDatabase()
    let place = PostgreSQLPlace(try PostgreSQLAddress(address), replica: "suite")
    let journal = try ServiceJournal(
      .postgreSQL(place), of: "test", migrations: [values],
      runtime: .init(
        now: { .init(microseconds: 1) }, uptime: { .zero }, random: { 7 }))
    let writers = try (0..<2).map { _ in try Self.start([address, "2", "50"]) }
    for writer in writers {
      writer.waitUntilExit()
      #expect(writer.terminationStatus == 0)
    }
    try journal.read { snapshot throws in
      let records = try snapshot.checkedLog()
      #expect(records.count == 2 * 2 * 40)
      #expect(try snapshot.names().count == records.count)
      // Rows and events are in one order: that of the commits.
      let subjects = records.compactMap { JSONValue($0.body)?["subject"]?.string }
      #expect(try snapshot.names() == subjects)
    }
    try journal.close()
  }

  private static func start(_ arguments: [String]) throws -> Process {
    let process = Process()
    let folders = [
      URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path,
      FileManager.default.currentDirectoryPath + "/.build/debug",
    ]
    let path = folders.map { "\($0)/conformance-writer" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
    process.executableURL = URL(fileURLWithPath: try #require(path))
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }
}
