import Events
import Foundation
import RoomTesting
import Testing

@testable import Journal

/// Every value comes back as it was stored, at the limits of its kind too.
@Suite("Values", .timeLimit(.minutes(2)))
struct ValueConformance {
  @Test(arguments: TestedEngine.all)
  func `whole numbers, at their limits`(_ engine: TestedEngine) throws {
    let journal = try TestDatabase(engine).open()
    let numbers: [Int64?] = [.min, .min + 1, -1, 0, 1, 1 << 32, .max - 1, .max, nil]
    try journal.write { transaction in
      for (place, number) in numbers.enumerated() {
        try transaction.store("\(place)", amount: number)
      }
    }
    let stored: [Int64?] = try journal.read { snapshot in
      try snapshot.rows("SELECT amount FROM vals ORDER BY number").map { try $0.value("amount") }
    }
    #expect(stored == numbers)
    for number in numbers {
      guard let number else { continue }
      let found = try journal.read {
        try $0.row("SELECT name FROM vals WHERE amount = \(number)")?.value("name", as: String.self)
      }
      #expect(found == numbers.firstIndex(of: number).map { "\($0)" })
    }
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `bytes, from none to a mebibyte`(_ engine: TestedEngine) throws {
    let journal = try TestDatabase(engine).open()
    let all = Data((0...255).map { UInt8($0) })
    let values: [Data?] = [
      Data(), Data([0]), all, Data("\\x00 'a' ?".utf8),
      Data((0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }), nil,
    ]
    try journal.write { transaction in
      for (place, bytes) in values.enumerated() { try transaction.store("\(place)", bytes: bytes) }
    }
    let stored: [Data?] = try journal.read { snapshot in
      try snapshot.rows("SELECT bytes FROM vals ORDER BY number").map { try $0.value("bytes") }
    }
    #expect(stored == values)
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `text of every plane, in the order of its bytes`(_ engine: TestedEngine) throws {
    let journal = try TestDatabase(engine).open()
    let planes = (0...16).compactMap { Unicode.Scalar(UInt32($0) << 16 | 0xabc) }
    let texts =
      [
        "", " ", "a", "B", "Z", "é", "e\u{301}", "ß", "-", "'", "\"", "\\", "?", "$1", "%_", "\n",
        "\u{1}", "\u{7f}", "👩‍👩‍👧", String(repeating: "ü", count: 1 << 16),
      ] + planes.map { String($0) }
    try journal.write { transaction in
      for text in texts { try transaction.store(text) }
    }
    try journal.read { snapshot throws in
      #expect(try snapshot.names().map { Array($0.utf8) } == texts.map { Array($0.utf8) })
      let sorted: [String] = try snapshot.rows("SELECT name FROM vals ORDER BY name").map {
        try $0.value("name")
      }
      let expected = texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      #expect(sorted.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `a zero byte in a text is refused, and concerns that work alone`(
    _ engine: TestedEngine
  ) async throws {
    let journal = try TestDatabase(engine).open()
    let group: [@Sendable (Transaction) throws -> String] = [
      { transaction in
        try transaction.store("a")
        return "a"
      },
      { transaction in
        try transaction.store("zero\0byte")
        return "zero"
      },
    ]
    #expect(await results(of: group, in: journal) == ["a", "malformed"])
    #expect(try journal.look { try $0.names() } == ["a"])
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `sums and counts are whole numbers, and one that is too large is refused`(
    _ engine: TestedEngine
  ) throws {
    let journal = try TestDatabase(engine).open()
    func sum() throws -> Int64? {
      try journal.read { try $0.value("SELECT sum(amount) AS value FROM vals", as: Int64?.self) }
        ?? nil
    }
    #expect(try sum() == nil)
    try journal.write { transaction in
      try transaction.store("a", amount: .max)
      try transaction.store("b", amount: .min)
    }
    #expect(try sum() == -1)
    for (name, amount) in [("c", Int64(10_001)), ("d", -10_000), ("e", 123_456_789_012)] {
      try journal.write { try $0.store(name, amount: amount) }
    }
    #expect(try sum() == 123_456_789_012)
    try journal.write { try $0.run("DELETE FROM vals WHERE amount < 0") }
    let failure = #expect(throws: JournalError.self) { try sum() }
    #expect(failure?.isOfTheWork == true)
    let count = try journal.read {
      try $0.value("SELECT count(*) AS value FROM vals", as: Int.self)
    }
    #expect(count == 3)
    try journal.close()
  }

  @Test(arguments: TestedEngine.all)
  func `broken rules are named, without SQL`(_ engine: TestedEngine) throws {
    let journal = try TestDatabase(engine).open()
    try journal.write { try $0.store("a") }
    let statements: [SQL] = [
      "INSERT INTO vals (name) VALUES ('a')", "INSERT INTO vals (amount) VALUES (1)",
    ]
    for statement in statements {
      let failure = #expect(throws: JournalError.self) {
        try journal.write { try $0.run(statement) }
      }
      #expect(failure?.code == .constraint)
      #expect(failure?.description.contains("INSERT") == false)
    }
    let failure = #expect(throws: JournalError.self) {
      try journal.write { try $0.run("SELECT nothing FROM nowhere") }
    }
    #expect(failure?.code == .statement)
    try journal.write { try $0.store("b") }
    #expect(try journal.read { try $0.names() } == ["a", "b"])
    try journal.close()
  }
}
