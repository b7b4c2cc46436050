import Events
import Foundation
import Journal
import Runtime
import Synchronization
import Testing

@testable import CommandLineTool

/// The event of the tests' service.
private struct ThingMade: Event {
  static let schema = PayloadSchema("thing.made", version: 1, leastReader: 1)
  var thing: String
  var subject: String { thing }
}

@Suite("Backup and restore", .timeLimit(.minutes(2)))
final class RestoreTests {
  private let folder = "/tmp/restore-\(UUID().uuidString.prefix(8))"
  private let runtime = RuntimeContext(
    now: { Timestamp(microseconds: 1_800_000_000_000_000) }, uptime: { .zero },
    random: Numbers().next)

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  private var journal: String { "\(folder)/journal.sqlite" }
  private var copy: String { "\(folder)/copy.sqlite" }

  private func open(_ service: String = "delta") throws -> ServiceJournal {
    try ServiceJournal(
      .file(journal), of: service, expecting: ["echo", "overlord"], runtime: runtime)
  }

  /// Emits an event about each thing.
  private func say(_ things: String..., to journal: ServiceJournal) throws {
    for thing in things {
      try journal.write {
        try $0.emit(ThingMade(thing: thing), correlation: .beginning(in: self.runtime))
      }
    }
  }

  private func head(_ path: String) throws -> Head {
    let journal = try ServiceJournal(.file(path), of: "delta", runtime: runtime)
    defer { try? journal.close() }
    return try journal.read { try $0.head() }
  }

  private func restore() throws -> Restoration {
    try ServiceJournal.restore(journal, of: "delta", from: copy, runtime: runtime)
  }

  @Test("A copy of a journal in use is whole, in one file, and for its owner's eyes")
  func online() throws {
    let open = try open()
    defer { try? open.close() }
    try say("a", "b", to: open)
    let mark = try ServiceJournal.backUp(journal, of: "delta", to: copy)
    try say("c", to: open)
    #expect(mark.sequence == 2)
    #expect(mark.epoch == (try open.read { try $0.head().epoch }))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      $0.hasPrefix("copy")
    }
    #expect(names == ["copy.sqlite"])
    let mode = try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try head(copy).sequence == 2)
  }

  @Test("A file that is there is replaced only on demand, and the journal itself never")
  func existing() throws {
    try open().close()
    try Data("precious".utf8).write(to: URL(fileURLWithPath: copy))
    let error = #expect(throws: JournalError.self) {
      try ServiceJournal.backUp(journal, of: "delta", to: copy)
    }
    #expect(error?.code == .exists)
    #expect(try String(contentsOfFile: copy, encoding: .utf8) == "precious")
    _ = try ServiceJournal.backUp(journal, of: "delta", to: copy, overwriting: true)
    #expect(try head(copy).sequence == 0)
    #expect(throws: JournalError.self) {
      try ServiceJournal.backUp(journal, of: "delta", to: journal, overwriting: true)
    }
  }

  @Test("A file that is not the service's journal is neither copied nor restored")
  func foreign() throws {
    try open("other").close()
    let file = try Data(contentsOf: URL(fileURLWithPath: journal))
    #expect(throws: JournalError.self) {
      try ServiceJournal.backUp(journal, of: "delta", to: copy)
    }
    try file.write(to: URL(fileURLWithPath: copy))
    #expect(throws: JournalError.self) { try restore() }
    try Data("no database".utf8).write(to: URL(fileURLWithPath: copy))
    #expect(throws: JournalError.self) { try restore() }
    try FileManager.default.removeItem(atPath: copy)
    #expect(throws: JournalError.self) { try restore() }
    #expect(try Data(contentsOf: URL(fileURLWithPath: journal)) == file)
  }

  @Test("A damaged copy is found before anything is touched")
  func damaged() throws {
    let open = try open()
    try say("a", "b", to: open)
    try open.close()
    _ = try ServiceJournal.backUp(journal, of: "delta", to: copy)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
    // The header of every page but the first, so that no tree in it is one.
    for page in stride(from: 4096, to: bytes.count, by: 4096) {
      bytes.replaceSubrange(page..<page + 64, with: Data(repeating: 0x5a, count: 64))
    }
    try bytes.write(to: URL(fileURLWithPath: copy))
    let before = try Data(contentsOf: URL(fileURLWithPath: journal))
    #expect(throws: JournalError.self) { try restore() }
    #expect(try Data(contentsOf: URL(fileURLWithPath: journal)) == before)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(!names.contains { $0.contains("restoring") || $0.contains("replaced") })
  }

  @Test("A restore names what it lost, keeps what it replaced, and begins a new history")
  func restored() throws {
    let first = try open()
    try say("a", to: first)
    let mark = try ServiceJournal.backUp(journal, of: "delta", to: copy)
    try say("b", "c", to: first)
    let epoch = try first.read { try $0.head().epoch }
    try first.write { try $0.acknowledge("echo", epoch: epoch, sequence: 3) }
    try first.close()

    let restoration = try restore()
    #expect(restoration.restored == mark)
    #expect(restoration.history.from == 1)
    #expect(restoration.history.epoch != epoch)
    let content = try #require(restoration.replaced?.content)
    #expect(content.fork == 1)
    #expect(content.mark.sequence == 3)
    #expect(content.lost.map(\.subject) == ["b", "c"])
    #expect(content.consumers.map(\.cursor) == [3, 0])
    let now = try head(journal)
    #expect(now.sequence == 1)
    #expect(now.epoch == restoration.history.epoch)
    #expect(try head(restoration.replaced?.path ?? "").sequence == 3)
    let report = RestoreReport(restoration, from: "/backup/delta.sqlite")
    let lines = (report.lines + report.jsonLines).map { $0.replacing(folder, with: "/state") }
    try expect(lines.naming(mark.epoch, restoration.history.epoch), match: "restore.txt")
  }

  @Test("Events that had left the replaced log are counted as lost")
  func pruned() throws {
    let first = try open()
    try say("a", to: first)
    _ = try ServiceJournal.backUp(journal, of: "delta", to: copy)
    try say("b", "c", "d", to: first)
    let epoch = try first.read { try $0.head().epoch }
    try first.write { transaction in
      for consumer in ["echo", "overlord"] {
        try transaction.acknowledge(consumer, epoch: epoch, sequence: 3)
      }
    }
    // An event is as old as its time: the last ones were given a time after the clock's.
    try first.write { _ = try $0.prune(Retention(age: .seconds(-1))) }
    #expect(try first.read { try $0.head().floor } == 4)
    try first.close()
    let restoration = try restore()
    let content = try #require(restoration.replaced?.content)
    #expect(content.fork == 1)
    #expect(content.unnamed == 2)
    #expect(content.lost.map(\.subject) == ["d"])
    let report = RestoreReport(restoration, from: "/b")
    #expect(report.summary.lost == 3)
    #expect(report.lines.contains("  2 that had left its log already"))
  }

  @Test("Nothing is lost by a copy that is as new, and there may have been no journal")
  func complete() throws {
    let first = try open()
    try say("a", to: first)
    _ = try ServiceJournal.backUp(journal, of: "delta", to: copy)
    try first.close()
    let replaced = try restore().replaced
    #expect(replaced?.content?.lost == [])
    let again = try restore().replaced
    #expect(replaced?.path != again?.path, "what a restore has kept, no other one takes away")
    for path in [replaced?.path, again?.path] { #expect(try head(path ?? "").sequence == 1) }
    try FileManager.default.removeItem(atPath: journal)
    let restoration = try restore()
    #expect(restoration.replaced == nil)
    #expect(try head(journal).sequence == 1)
    #expect(
      RestoreReport(restoration, from: "/b").lines.first == "delta is restored from /b.")
  }

  @Test("A journal that cannot be read is replaced and kept, and what is lost is not known")
  func unreadable() throws {
    try open().close()
    _ = try ServiceJournal.backUp(journal, of: "delta", to: copy)
    try Data("ruins".utf8).write(to: URL(fileURLWithPath: journal))
    try Data("more ruins".utf8).write(to: URL(fileURLWithPath: journal + "-wal"))
    let restoration = try restore()
    let aside = try #require(restoration.replaced?.path)
    #expect(restoration.replaced?.content == nil)
    #expect(try String(contentsOfFile: aside, encoding: .utf8) == "ruins")
    #expect(try String(contentsOfFile: aside + "-wal", encoding: .utf8) == "more ruins")
    #expect(try head(journal).sequence == 0)
    #expect(
      RestoreReport(restoration, from: "/b").lines.contains {
        $0.contains("the lost events are not known")
      })
  }

  @Test("Of a journal that was killed, nothing that it had committed is forgotten")
  func writeAhead() throws {
    let first = try open()
    _ = try ServiceJournal.backUp(journal, of: "delta", to: copy)
    try say("a", to: first)
    // As a kill leaves it: its last commits stand in the write-ahead log only.
    let killed = "\(folder)/killed"
    try FileManager.default.createDirectory(atPath: killed, withIntermediateDirectories: true)
    for end in ["", "-wal"] {
      try FileManager.default.copyItem(
        atPath: journal + end, toPath: "\(killed)/journal.sqlite\(end)")
    }
    try first.close()
    let restoration = try ServiceJournal.restore(
      "\(killed)/journal.sqlite", of: "delta", from: copy, runtime: runtime)
    #expect(restoration.replaced?.content?.lost.map(\.subject) == ["a"])
    #expect(try head(restoration.replaced?.path ?? "").sequence == 1)
    #expect(try head("\(killed)/journal.sqlite").sequence == 0)
  }

  @Test("An accepted journal stays, with a new history at its end")
  func accepted() throws {
    let first = try open()
    try say("a", "b", to: first)
    try first.write { try $0.loseHistory("its consumer echo says otherwise") }
    try first.close()
    let acceptance = try ServiceJournal.accept(
      journal, of: "delta", runtime: runtime)
    let now = try head(journal)
    #expect(now.lost == nil)
    #expect(now.sequence == 2)
    #expect(now.epoch == acceptance.history.epoch)
    let report = RestoreReport(acceptance)
    let lines = report.lines + report.jsonLines
    try expect(
      lines.naming(acceptance.mark.epoch, acceptance.history.epoch), match: "accept.txt")
  }
}

extension [String] {
  /// The lines with names instead of the epochs, which are random.
  fileprivate func naming(_ old: Epoch, _ new: Epoch) -> [String] {
    map { $0.replacing("\(old)", with: "OLD-EPOCH").replacing("\(new)", with: "NEW-EPOCH") }
  }
}

/// Numbers that a test knows.
private final class Numbers: Sendable {
  private let count = Mutex<UInt64>(0)

  @Sendable func next() -> UInt64 {
    count.withLock { count in
      count += 1
      return count &* 0x9E37_79B9_7F4A_7C15
    }
  }
}
