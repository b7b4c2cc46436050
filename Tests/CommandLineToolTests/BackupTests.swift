import Daemon
import Events
import Foundation
import Runtime
import Synchronization
import Testing

@testable import CommandLineTool
@testable import Journal

/// The event of the tests' service.
private struct ThingMade: Event {
  static let schema = PayloadSchema("thing.made", version: 1, leastReader: 1)
  var thing: String
  var subject: String { thing }
}

@Suite("Dated backups", .timeLimit(.minutes(2)))
final class BackupTests: Sendable {
  private let folder = "/tmp/backup-\(UUID().uuidString.prefix(8))"
  /// The time of the next backup, in seconds since 1970.
  private let seconds = Mutex<UInt64>(1_800_000_000)

  init() throws {
    for name in ["delta", "backups"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  private var runtime: RuntimeContext {
    RuntimeContext(
      now: { Timestamp(microseconds: self.seconds.withLock { $0 } * 1_000_000) },
      uptime: { .zero }, random: { UInt64.random(in: .min ... .max) })
  }

  var place: JournalPlace { JournalPlace(service: "delta", state: folder) }
  private var backups: BackupFolder { BackupFolder(path: "\(folder)/backups") }
  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: backups.path).sorted() }
  }

  func emit(_ things: String...) throws {
    let journal = try ServiceJournal(.file(place.file), of: "delta", runtime: runtime)
    for thing in things {
      try journal.write {
        try $0.emit(ThingMade(thing: thing), correlation: .beginning(in: self.runtime))
      }
    }
    try journal.close()
  }

  @Test("A journal in PostgreSQL is not copied, and the sentence names what is used instead")
  func inPostgreSQL() throws {
    try #require(ServiceJournal.database(ofStateIn: place.folder) == nil)
    try place.checkIsFile()
    let mark = "delta\npostgresql://db.example/delta\n"
    try Data(mark.utf8).write(to: URL(filePath: "\(place.folder)/journal.postgresql"))
    #expect(place.database == "postgresql://db.example/delta")
    let failure = #expect(throws: Failure.self) { try place.checkReadable() }
    let sentence = try #require(failure).description
    #expect(sentence.contains("postgresql://db.example/delta"))
    #expect(sentence.contains("pg_dump"))
  }

  /// Makes a backup, a day after the one before.
  @discardableResult
  func backUp(
    keep: Int? = nil, checks: [String: [JournalCheck]] = [:]
  ) throws -> DatedBackupReport {
    seconds.withLock { $0 += 86_400 }
    return try DatedBackup(
      place: place, folder: backups, keep: keep, runtime: runtime, checks: checks
    ).make()
  }

  func newest(checks: [String: [JournalCheck]] = [:]) throws -> (
    file: String, skipped: [SoundCopy.Skipped]
  ) {
    try SoundCopy(place: place, folder: backups).newest(at: runtime.now(), checks: checks)
  }

  private func damage(_ file: String) throws {
    let url = URL(fileURLWithPath: backups.path(of: file))
    var bytes = try Data(contentsOf: url)
    for page in stride(from: 4096, to: bytes.count, by: 4096) {
      bytes.replaceSubrange(page..<page + 64, with: Data(repeating: 0x5a, count: 64))
    }
    try bytes.write(to: url)
  }

  /// Makes books of a gateway with these charges, and none that were there before.
  func makeBooks(_ path: String, charges: [String]) throws {
    try? FileManager.default.removeItem(atPath: path)
    let books = try SQLiteEngine.file(path, label: "the books")
    try books.write { connection in
      try connection.run("CREATE TABLE charges (key TEXT PRIMARY KEY)")
      for charge in charges { try connection.run("INSERT INTO charges VALUES (\(charge))") }
    }
    try books.close()
  }

  // MARK: Names and decisions

  @Test(
    "A file is of a backup by its whole name",
    arguments: [
      ("alpha-20261126T190000Z.sqlite", .journal),
      ("charlie-20261126T190000Z.gateway.sqlite", .database),
      ("alpha-20261126T190000Z.sqlite.part", .part),
      ("alpha-20261126T190000Z.sqlite.part-journal", .part),
      ("charlie-20261126T190000Z.gateway.sqlite.part", .part),
      ("alpha-monday.sqlite", nil), ("alpha-20261126T190000Z.sqlite.part-4711", nil),
      ("alpha-20261126T190000Z.sqlite.gz", nil), ("alpha-20261126T190000Z.txt", nil),
      ("Alpha-20261126T190000Z.sqlite", nil), ("alpha-x-20261126T190000Z.sqlite", nil),
      ("alpha.sqlite", nil), ("backup.lock", nil), ("alpha-20261126T190000Z", nil),
    ] as [(String, BackupFile.Kind?)])
  func files(name: String, kind: BackupFile.Kind?) {
    #expect(BackupFile(name)?.kind == kind)
  }

  @Test(
    "The oldest copies beyond the number are removed, with what belongs to them, and no other file")
  func surplus() throws {
    let stamps = ["20261124T000000Z", "20261125T000000Z", "20261126T000000Z", "20261127T000000Z"]
    let listing = BackupListing(
      stamps.flatMap { ["charlie-\($0).sqlite", "charlie-\($0).gateway.sqlite"] }
        + stamps.map { "alpha-\($0).sqlite" }
        + ["charlie-20261123T000000Z.gateway.sqlite", "charlie-notes.sqlite", "notes"])
    let now = try #require(Timestamp("2026-11-27T00:00:00Z"))
    let new = BackupName(of: "charlie", at: now)
    #expect(
      listing.surplus(beside: new, keeping: 3, at: now) == [
        "charlie-20261123T000000Z.gateway.sqlite", "charlie-20261124T000000Z.sqlite",
        "charlie-20261124T000000Z.gateway.sqlite",
      ])
    #expect(listing.surplus(beside: new, keeping: 1, at: now).count == 7)
    #expect(
      listing.surplus(beside: new, keeping: 9, at: now) == [
        "charlie-20261123T000000Z.gateway.sqlite"
      ])
  }

  @Test(
    "A copy of a clock that was ahead is older than the others, and never displaces the new one")
  func future() throws {
    let listing = BackupListing(
      ["2036", "2037", "2025", "2026"].map { "alpha-\($0)1126T000000Z.sqlite" })
    let now = try #require(Timestamp("2026-11-26T00:00:00Z"))
    let new = BackupName(of: "alpha", at: now)
    #expect(
      listing.copies(of: "alpha", at: now).map { $0.stamp.prefix(4) } == [
        "2026", "2025", "2037", "2036",
      ])
    #expect(
      listing.surplus(beside: new, keeping: 2, at: now) == [
        "alpha-20361126T000000Z.sqlite", "alpha-20371126T000000Z.sqlite",
      ])
    // A clock that is behind: the new copy has the oldest name.
    let past = try #require(Timestamp("1970-01-02T00:00:00Z"))
    let behind = BackupListing(["alpha-19700102T000000Z.sqlite", "alpha-20251126T000000Z.sqlite"])
    let first = BackupName(of: "alpha", at: past)
    #expect(
      behind.surplus(beside: first, keeping: 1, at: past) == ["alpha-20251126T000000Z.sqlite"])
  }

  @Test("One service's failure has its own code, several different ones have 1")
  func failures() {
    let denied = Failure(.unreachable, "denied")
    let missing = Failure(.configuration, "missing")
    #expect(BackupCommand.failure(of: [], among: 4) == nil)
    #expect(
      BackupCommand.failure(of: [("alpha", denied)], among: 4)
        == Failure(.unreachable, "alpha is not backed up: denied\n1 of 4 backups failed"))
    let both = BackupCommand.failure(of: [("alpha", denied), ("beta", missing)], among: 2)
    #expect(both?.status == .refused)
  }

  @Test("The services are the folders with a journal, or with the mark of one that is gone")
  func services() throws {
    try emit("a")
    for name in ["beta", "gamma", "run", "lost+found"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    try Data().write(to: URL(fileURLWithPath: "\(folder)/gamma/journal.sqlite.founded"))
    try Data().write(to: URL(fileURLWithPath: "\(folder)/alpha"))
    let folders = Folders(working: folder, environment: [:], exists: { _ in false })
    #expect(try folders.services(state: folder) == ["delta", "gamma"])
    let own = Folders(working: folder, environment: ["BETA_STATE": "x"], exists: { _ in true })
    #expect(throws: Failure.self) { try folders.services(state: "\(folder)/delta") }
    #expect(try own.services(state: nil) == ["beta"])
  }

  // MARK: Copies

  @Test("A copy has its name once it is proved, and the service shows the time of the last one")
  func proved() throws {
    try emit("a", "b")
    let report = try backUp()
    #expect(try names == ["delta-20270116T080000Z.sqlite"])
    #expect(
      report.lines.first?.hasSuffix("; 2 events were read, and nothing is wrong") == true,
      "\(report.lines)")
    let members = try #require(JSONValue(Data(report.jsonLine.utf8)))
    #expect(members["service"]?.string == "delta")
    #expect(members["removed"]?.items.isEmpty == true)
    let journal = try ServiceJournal(.file(place.file), of: "delta", runtime: runtime)
    defer { try? journal.close() }
    #expect(journal.lastBackupAt == runtime.now())
    #expect(try ServiceJournal.verify(backups.path(of: names[0])).findings.isEmpty)
  }

  @Test("Copies beyond the number go, and only once the new one is proved")
  func keeping() throws {
    try emit("a")
    try Data("mine".utf8).write(to: URL(fileURLWithPath: backups.path(of: "delta-mine.sqlite")))
    try backUp(keep: 2)
    try backUp(keep: 2)
    let before = try names
    let check = JournalCheck("a rule of the tables") { _ in ["it does not hold"] }
    let error = #expect(throws: JournalError.self) {
      try self.backUp(keep: 2, checks: ["delta": [check]])
    }
    #expect(error?.description.contains("a rule of the tables: it does not hold") == true)
    #expect(error?.description.contains("eventually verify delta") == true)
    #expect(try names == before, "no copy has come, and none has gone")
    let journal = try ServiceJournal(.file(place.file), of: "delta", runtime: runtime)
    #expect(journal.lastBackupAt.map { $0 < self.runtime.now() } == true)
    try journal.close()
    let report = try backUp(keep: 2)
    #expect(report.removed == [backups.path(of: "delta-20270116T080000Z.sqlite")])
    #expect(try names.count == 3)
    #expect(try names.contains("delta-mine.sqlite"))
  }

  @Test("The newest sound copy is found, and the damaged ones are listed")
  func newestSound() throws {
    try emit("a")
    for _ in 1...4 { try backUp() }
    let copies = try names
    #expect(try newest().file == backups.path(of: copies[3]))
    try damage(copies[3])
    try Data("no database, but long enough".utf8).write(
      to: URL(fileURLWithPath: backups.path(of: copies[2])))
    try Data().write(to: URL(fileURLWithPath: backups.path(of: copies[1])))
    let found = try newest()
    #expect(found.file == backups.path(of: copies[0]))
    #expect(found.skipped.map(\.file) == [3, 2, 1].map { backups.path(of: copies[$0]) })
    try damage(copies[0])
    let failure = #expect(throws: Failure.self) { try self.newest() }
    #expect(failure?.status == .configuration)
    for copy in copies { #expect(failure?.description.contains(copy) == true) }
  }

  @Test("A copy whose books are needed and damaged is not taken, and books that are there stay")
  func books() throws {
    try emit("a")
    let own = "\(place.folder)/gateway.sqlite"
    try makeBooks(own, charges: ["a"])
    try backUp()
    try backUp()
    let copies = try names
    #expect(copies.count == 4)
    try damage(copies[2])
    #expect(copies[2].hasSuffix(".gateway.sqlite"))
    #expect(try newest().file == backups.path(of: copies[3]), "the books are there")
    let copy = try #require(place.databases(besideCopy: newest().file).first)
    #expect(copy.copy == backups.path(of: copies[2]))
    #expect(try !ServiceJournal.restoreLost(copy))
    try FileManager.default.removeItem(atPath: own)
    let found = try newest()
    #expect(found.file == backups.path(of: copies[1]))
    #expect(found.skipped.first?.problem.contains(copies[2]) == true)
    let sound = try #require(place.databases(besideCopy: found.file).first)
    #expect(try ServiceJournal.restoreLost(sound))
    #expect(ServiceJournal.structuralFault(of: own) == nil)
  }

  @Test("Without a folder, its remedy is a command")
  func noFolder() throws {
    let folder = BackupFolder(path: "\(self.folder)/none")
    let failure = #expect(throws: Failure.self) { _ = try folder.lock() }
    #expect(failure?.status == .configuration)
    #expect(failure?.description.contains("mkdir -m 750 \(folder.path)") == true)
  }
}
