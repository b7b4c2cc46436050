import Events
import Journal
import RoomTesting
import Runtime
import Testing

/// The work that an event belongs to, which nothing passes by hand.
@Suite(.timeLimit(.minutes(1))) struct WorkTests {
  private let clock = TestClock()
  private let heard = Heard<EventOutcome>()

  private func work(_ id: String) -> Correlation {
    .request(id, trace: .random(in: clock.runtime))
  }

  private func emit(_ thing: String) -> @Sendable (Transaction) throws -> Void {
    { try $0.emit(Opened(thing: thing)) }
  }

  /// The works of the events that were emitted, by subject.
  private var works: [String: Correlation] {
    heard.values.filter { $0.kind == .emitted }
      .reduce(into: [:]) { $0[$1.subject] = $1.correlation }
  }

  @Test func `what a task writes belongs to its work, also where work shares a commit`()
    async throws
  {
    let journal = try makeJournal(in: clock, reporting: heard.hear)
    let asked = ["a": work("1"), "b": work("2"), "c": work("3")]
    try await withThrowingTaskGroup { group in
      for (thing, work) in asked {
        group.addTask {
          try await Correlation.$current.withValue(work) {
            try await journal.write(self.emit(thing))
          }
        }
      }
      try await group.waitForAll()
    }
    try Correlation.$current.withValue(work("4")) { try journal.write(emit("d")) }
    #expect(works["d"]?.id == "4")
    #expect(works.filter { $0.key != "d" } == asked)
  }

  @Test func `the work of a command and of a reaction is the present one in it`() async throws {
    let seen = Heard<Correlation?>()
    let journal = try makeJournal(
      reacting: [
        .on(Noted.self, from: "other") { _, _ in
          seen.add(Correlation.current)
          return .done
        }
      ], in: clock)
    let other = SyntheticLog()
    let record = try other.next(Noted(thing: "a", text: "one"))
    let cursor = other.cursor
    let asked = work("1")
    try await Correlation.$current.withValue(asked) {
      try await journal.write { transaction in
        seen.add(Correlation.current)
        try transaction.apply([record], of: "other", through: cursor)
        seen.add(Correlation.current)
      }
    }
    #expect(seen.values == [asked, try Envelope<Unread>(record).consequence, asked])
  }

  @Test func `work that nothing began begins with the transaction, once`() throws {
    let journal = try makeJournal(in: clock, reporting: heard.hear)
    try journal.write {
      for thing in ["a", "b"] { try $0.emit(Opened(thing: thing)) }
    }
    #expect(works["a"] != nil)
    #expect(works["a"] == works["b"])
    try journal.write(emit("c"))
    #expect(works["c"]?.id != works["a"]?.id)
  }

  @Test func `what a reaction emits is caused by its event, and the request goes on after it`()
    throws
  {
    let request = work("1")
    let journal = try makeJournal(
      reacting: [
        .on(Noted.self, from: "other") { noted, transaction in
          try transaction.emit(Opened(thing: noted.data.thing))
          return .done
        }
      ], in: clock, reporting: heard.hear)
    let other = SyntheticLog()
    let records = try ["a", "b"].map { try other.next(Noted(thing: $0, text: "one")) }
    try Correlation.$current.withValue(request) {
      try journal.write {
        try $0.apply(records, of: "other", through: other.cursor)
        try $0.emit(Opened(thing: "c"))
      }
    }
    for record in records {
      let cause = try Envelope<Unread>(record)
      #expect(works[cause.subject] == cause.consequence)
    }
    #expect(works["c"] == request)
  }
}
