import Events
import Journal
import RoomTesting
import Testing

/// A journal that is put back, and one that has lost a part of its history.
@Suite(.timeLimit(.minutes(1)))
struct HistoryTests {
  private let clock = TestClock()

  private func say(_ things: String..., in journal: ServiceJournal) throws {
    let correlation = clock.correlation
    try journal.write { transaction in
      for thing in things { try transaction.emit(Opened(thing: thing), correlation: correlation) }
    }
  }

  @Test func `a restored backup begins a new history where the old one is known to end`() throws {
    let store = try MemoryStore()
    let journal = try makeJournal(.store(store), expecting: ["one"], in: clock)
    try say("a", "b", in: journal)
    let backup = try store.copy()
    try say("c", in: journal)
    try journal.write {
      try $0.acknowledge("one", epoch: try $0.head().epoch, sequence: 3)
    }
    let second = try backup.copy()

    let history = try ServiceJournal.beginHistory(
      .store(backup), of: "test", runtime: clock.runtime)
    let restored = try makeJournal(.store(backup), in: clock)
    try restored.look { snapshot throws in
      let head = try snapshot.head()
      #expect((history.from, history.chain) == (2, head.chain))
      #expect(head.epoch == history.epoch)
      #expect(try head.epoch != journal.look { try $0.head().epoch })
      #expect(try snapshot.lineage().map(\.from) == [0, 2])
      #expect(try snapshot.hasJustBeenRestored())
    }
    try say("d", in: restored)
    #expect(try !restored.look { try $0.hasJustBeenRestored() })
    #expect(try restored.look { try $0.head().sequence } == 3)

    // Restored a second time, from the same backup: yet another history.
    let other = try ServiceJournal.beginHistory(
      .store(second), of: "test", runtime: clock.runtime)
    #expect(other.epoch != history.epoch)
  }

  @Test func `consumers are not waited for beyond the end of the restored log`() throws {
    let store = try MemoryStore()
    let journal = try makeJournal(.store(store), expecting: ["one"], in: clock)
    try say("a", "b", "c", in: journal)
    try journal.write {
      try $0.acknowledge("one", epoch: try $0.head().epoch, sequence: 3)
      try $0.run("UPDATE journal SET sequence = 2")
      try $0.run("DELETE FROM log WHERE sequence = 3")
    }
    try ServiceJournal.beginHistory(.store(store), of: "test", runtime: clock.runtime)
    let restored = try makeJournal(.store(store), in: clock)
    #expect(try restored.look { try $0.consumers().map(\.cursor) } == [2])
  }

  @Test func `a new history is begun in a file, and only in the service's own journal`() throws {
    let folder = try TemporaryFolder()
    let journal = try makeJournal(.file(folder.file()), in: clock)
    try say("a", in: journal)
    try journal.close()
    #expect(throws: JournalError.self) {
      try ServiceJournal.beginHistory(
        .file(folder.file()), of: "other", runtime: clock.runtime)
    }
    #expect(throws: JournalError.self) {
      try ServiceJournal.beginHistory(
        .file(folder.file("none.sqlite")), of: "test", runtime: clock.runtime)
    }
    try ServiceJournal.beginHistory(
      .file(folder.file()), of: "test", runtime: clock.runtime)
    let restored = try makeJournal(.file(folder.file()), in: clock)
    #expect(try restored.look { try $0.hasJustBeenRestored() })
  }

  @Test func `a journal with a lost history emits and applies nothing, until a new one is begun`()
    throws
  {
    let store = try MemoryStore()
    let reaction = Reaction.on(Noted.self, from: "other") { event, transaction in
      try transaction.store(event.data.text)
      return .done
    }
    let journal = try makeJournal(.store(store), reacting: [reaction], in: clock)
    try say("a", in: journal)
    try journal.write { try $0.loseHistory("one contradicts it") }
    try journal.write { try $0.loseHistory("two contradicts it too") }
    #expect(try journal.look { try $0.head().lost } == "one contradicts it")

    #expect(throws: HistoryLost.self) { try say("b", in: journal) }
    let other = SyntheticLog()
    let record = try other.next(Noted(thing: "a", text: "1"))
    #expect(throws: HistoryLost.self) {
      try journal.write { try $0.apply([record], of: "other", through: other.cursor) }
    }
    // The finding outlives the process.
    let again = try makeJournal(.store(store), reacting: [reaction], in: clock)
    #expect(throws: HistoryLost.self) { try say("b", in: again) }
    let rule = Retention(age: .zero)
    clock.advance(microseconds: 1_000_000)
    #expect(try again.write { try $0.prune(rule) } == 0)

    try ServiceJournal.beginHistory(.store(store), of: "test", runtime: clock.runtime)
    let mended = try makeJournal(.store(store), reacting: [reaction], in: clock)
    try say("b", in: mended)
    try mended.write { try $0.apply([record], of: "other", through: other.cursor) }
    #expect(try mended.look { try $0.texts() } == ["1"])
  }

  @Test func `a stream that is read again brings nothing aside twice, and nothing discarded`()
    throws
  {
    let judging = Reaction.on(Noted.self, from: "other") { event, transaction in
      if event.data.text == "bad" { return .reject("it is bad") }
      try transaction.store(event.data.text)
      return .done
    }
    let journal = try makeJournal(reacting: [judging], in: clock)
    let other = SyntheticLog()
    let records = try [("a", "bad"), ("b", "bad"), ("a", "behind"), ("c", "fine")].map {
      try other.next(Noted(thing: $0.0, text: $0.1))
    }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    let letters = try journal.look {
      try $0.deadLetters(after: 0, limit: 10, all: true).map(\.letter)
    }
    #expect(letters.map(\.state) == [.dead, .dead, .behind])
    try journal.write { try $0.discardDeadLetter(letters[1].id) }

    try journal.write { try $0.resetCursor(of: "other") }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    let again = try journal.look {
      try $0.deadLetters(after: 0, limit: 10, all: true).map(\.letter)
    }
    #expect(again.map(\.id) == [letters[0].id, letters[2].id])
  }

  @Test func `an event before a letter is not put behind it when a stream is read again`() throws {
    let judging = Reaction.on(Noted.self, from: "other") { event, transaction in
      if event.data.text == "bad" { return .reject("it is bad") }
      try transaction.store(event.data.text)
      return .done
    }
    let journal = try makeJournal(reacting: [judging], in: clock)
    let other = SyntheticLog()
    let records = try ["1", "2", "bad", "4"].map { try other.next(Noted(thing: "a", text: $0)) }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    try journal.write { try $0.resetCursor(of: "other") }
    try journal.write { try $0.apply(records, of: "other", through: other.cursor) }
    #expect(try journal.look { try $0.texts() } == ["1", "2", "1", "2"])
    let aside = try journal.look { try $0.deadLetters(after: 0, limit: 10, all: true) }
    #expect(aside.map(\.letter.record.header.sequence) == [3, 4])
  }
}
