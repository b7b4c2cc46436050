import ArgumentParser
import Events
import Foundation
import Schema
import Testing
import Versions

@testable import CommandLineTool

@Suite("The output of the schema commands", .timeLimit(.minutes(2)))
struct SchemaTests {
  @Test("The list of events is pinned")
  func list() throws {
    try expect(Registry.eventually.events.map(\.line), match: "schema-list.txt")
  }

  @Test("The description of a version is pinned")
  func show() throws {
    try expect(NamedVersion("order.captured.v1").lines, match: "schema-show.txt")
  }

  @Test("An event without a number is its newest version")
  func newest() throws {
    #expect(try NamedVersion("order.captured").version.name == "order.captured.v2")
    #expect(try NamedVersion("order.captured").lines.contains { $0.contains("only readers of") })
  }

  @Test(
    "A missing version is an error that lists the existing ones", arguments: ["", "order.v1"])
  func unknown(name: String) {
    let failure = #expect(throws: Failure.self) { try NamedVersion(name) }
    #expect(failure?.status == .usage)
    #expect(failure?.description.hasPrefix("there is no “\(name)”; there are order.app") == true)
  }

  // MARK: diff and check

  private func compare(_ old: String, _ new: String) throws -> (lines: [String], [String]) {
    let command = try SchemaDiffCommand.parse([old, new])
    let (differences, verdicts) = try command.compare()
    return (differences.map(\.line), verdicts)
  }

  @Test("Two versions differ by their fields, and decoding finds which reads the other")
  func versions() throws {
    let (lines, verdicts) = try compare("order.captured.v1", "order.captured.v2")
    #expect(lines.prefix(2) == ["~ least-reader: 1 → 2", "+ promise? object"])
    #expect(lines.count == 10)
    #expect(
      verdicts == [
        "BACKWARD holds",
        "FORWARD does not hold: order.captured.v2 must not be applied by readers of version 1: its "
          + "least reader is 2",
      ])
    let back = try compare("order.captured.v2", "order.captured.v1")
    #expect(back.lines.contains("- promise? object"))
    #expect(back.1 == verdicts)
    #expect(try compare("order.approved", "order.approved.v2") == ([], []))
    #expect(throws: Failure.self) { try compare("order.approved", "order.captured") }
  }

  /// Gives a test a file with this system's lock, or another text.
  private func withLock(
    _ text: String? = nil, _ test: (String) throws -> Void
  ) throws {
    let path = "/tmp/schema-\(UUID().uuidString.prefix(8)).lock"
    try Data(try (text ?? lock()).utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try test(path)
  }

  private func lock() throws -> String {
    try SchemaLock.eventually.lines.map(\.description).joined(separator: "\n")
  }

  private func check(_ arguments: String...) throws -> [String] {
    try SchemaCheckCommand.parse(arguments).problems()
  }

  @Test("A lock file of another time is kept, or each changed line is printed")
  func locks() throws {
    #expect(try check() == [])
    let then = try lock().replacing("v1 field price object", with: "v1 field price text")
    try withLock { now throws in
      #expect(try check(now) == [])
      #expect(try compare(now, now) == ([], []))
      try withLock(then) { then throws in
        #expect(
          try check(then) == [
            "order.captured version 1: the field price was text, and is object. Make it text again; "
              + "a new version may have it otherwise."
          ])
        #expect(
          try compare(then, now).lines == ["~ order.captured v1 field price: text → object"])
      }
    }
  }

  @Test("A file that is no lock file is an error")
  func badLock() throws {
    try withLock("what is this") { path throws in
      let failure = #expect(throws: Failure.self) { try check(path) }
      #expect(failure?.status == .usage)
      #expect(failure?.description.contains("“what is this” is no line of a schema lock") == true)
    }
    let missing = #expect(throws: Failure.self) { try check("/tmp/none.lock") }
    #expect(missing?.description.hasPrefix("/tmp/none.lock cannot be read") == true)
  }

  // MARK: status

  @Test("An unreadable version requires an operator, a readable one does not")
  func status() throws {
    func needs(leastReader: Int) throws -> [String] {
      let bus = """
        {"stream":{"name":"alpha","epoch":"aa","head":1,"floor":1},"consumers":[],"deadLetters":0,
         "subscriptions":[{"stream":"beta","cursor":7,"state":"live","lacks":[
           {"type":"order.captured","version":3,"leastReader":\(leastReader),"known":2}]}]}
        """
      return ServiceStatus(
        "alpha", at: "here", ready: JSONValue(Data(#"{"status":"ready"}"#.utf8)) ?? .null,
        bus: JSONValue(Data(bus.utf8)) ?? .null
      ).needs
    }
    #expect(try needs(leastReader: 2) == [])
    #expect(
      try needs(leastReader: 3).first?.hasPrefix("beta publishes order.captured version 3") == true)
  }
}
