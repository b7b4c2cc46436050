import Events
import Foundation
import GRDB
import Runtime
import Testing

@testable import Journal

/// Work whose commit fails for a reason that passes: a dialogue with a value.
@Suite(.timeLimit(.minutes(1)))
struct WriteQueueTests {
  private typealias Queue = WriteQueue<String>

  private func add(_ work: String, until deadline: Duration? = nil, to queue: inout Queue) -> Bool {
    queue.add(.init(id: queue.takeID(), work: work, deadline: deadline))
  }

  @Test func `only the first work wakes the writer, and a group keeps the order`() {
    var queue = Queue()
    #expect(add("a", to: &queue))
    #expect(!add("b", to: &queue))
    let group = queue.takeGroup()
    #expect(group.map(\.work) == ["a", "b"])
    #expect(!add("c", to: &queue), "the writer is under way")
    let isMore = queue.finished(group)
    #expect(isMore)
    let next = queue.takeGroup()
    #expect(next.map(\.work) == ["c"])
    let isStillMore = queue.finished(next)
    #expect(!isStillMore)
    #expect(add("d", to: &queue), "it is idle again")
  }

  @Test func `a group that failed goes before what came meanwhile`() {
    var queue = Queue()
    _ = add("a", to: &queue)
    let group = queue.takeGroup()
    #expect(!add("b", to: &queue))
    let retreat = queue.failed(group, concernsAll: true, at: .zero, random: 0)
    #expect(retreat.leaving.isEmpty)
    #expect(retreat.pause == .milliseconds(50))
    #expect(queue.takeGroup().map(\.work) == ["a", "b"])
  }

  @Test func `the pauses grow to two seconds and no further, and start anew after a commit`() {
    var queue = Queue()
    _ = add("a", to: &queue)
    var pauses: [Duration] = []
    for _ in 1...10 {
      pauses.append(
        queue.failed(queue.takeGroup(), concernsAll: true, at: .zero, random: .max).pause)
    }
    #expect(pauses[0] >= .milliseconds(50) && pauses[0] <= .milliseconds(75))
    #expect(pauses == pauses.sorted())
    #expect(pauses[9] > .milliseconds(1_900) && pauses[9] <= .milliseconds(2_001))
    _ = queue.finished(queue.takeGroup())
    _ = add("b", to: &queue)
    #expect(
      queue.failed(queue.takeGroup(), concernsAll: true, at: .zero, random: 0).pause
        == .milliseconds(50))
  }

  @Test func `work leaves at its deadline, for which the pause is cut short`() {
    var queue = Queue()
    _ = add("patient", to: &queue)
    _ = add("late", until: .seconds(1), to: &queue)
    _ = add("later", until: .seconds(10), to: &queue)
    let first = queue.failed(
      queue.takeGroup(), concernsAll: true, at: .seconds(1) - .milliseconds(10), random: 0)
    #expect(first.leaving.isEmpty)
    #expect(first.pause == .milliseconds(10))
    let second = queue.failed(queue.takeGroup(), concernsAll: true, at: .seconds(1), random: 0)
    #expect(second.leaving.map(\.member.work) == ["late"])
    #expect(second.leaving.map(\.why) == [.late])
    #expect(queue.takeGroup().map(\.work) == ["patient", "later"])
  }

  @Test func `the obstacle is tried without waiting work too`() {
    var queue = Queue()
    _ = add("a", until: .zero, to: &queue)
    let retreat = queue.failed(queue.takeGroup(), concernsAll: true, at: .zero, random: 0)
    #expect(retreat.leaving.count == 1)
    #expect(retreat.pause == .milliseconds(50))
    #expect(!add("b", to: &queue), "the next attempt is due already")
    #expect(queue.takeGroup().map(\.work) == ["b"])
  }

  @Test func `work that is given up is done all the same, unless an obstacle holds it up`() {
    var queue = Queue()
    let ids = (1...3).map { _ in queue.takeID() }
    for id in ids { _ = queue.add(.init(id: id, work: "\(id)", deadline: nil)) }
    #expect(queue.giveUp(ids[0]) == nil, "nothing is in the way")
    let group = queue.takeGroup()
    #expect(group.count == 3)
    let retreat = queue.failed(group, concernsAll: true, at: .zero, random: 0)
    #expect(retreat.leaving.map(\.why) == [.givenUp])
    #expect(retreat.leaving.map(\.member.id) == [ids[0]])
    #expect(queue.giveUp(ids[1])?.work == "2", "it waits, and leaves at once")
    #expect(queue.takeGroup().map(\.work) == ["3"])
  }

  @Test func `one piece of work that fails holds up no other`() {
    var queue = Queue()
    for work in ["a", "culprit", "b", "c"] { _ = add(work, to: &queue) }
    var done = [String]()
    var attempts = 0
    while done.count < 3, attempts < 20 {
      attempts += 1
      let group = queue.takeGroup()
      if group.contains(where: { $0.work == "culprit" }) {
        _ = queue.failed(group, concernsAll: false, at: .zero, random: 0)
      } else {
        done += group.map(\.work)
        _ = queue.finished(group)
      }
    }
    #expect(done == ["a", "b", "c"])
    #expect(queue.takeGroup().map(\.work) == ["culprit"])
  }

  @Test func `one piece at a time is tried after a group that failed, until one is committed`() {
    var queue = Queue()
    for work in ["a", "b", "c"] { _ = add(work, to: &queue) }
    _ = queue.failed(queue.takeGroup(), concernsAll: false, at: .zero, random: 0)
    let first = queue.takeGroup()
    #expect(first.map(\.work) == ["a"])
    _ = queue.failed(first, concernsAll: false, at: .zero, random: 0)
    let second = queue.takeGroup()
    #expect(second.map(\.work) == ["b"])
    let isMore = queue.finished(second)
    #expect(isMore)
    #expect(queue.takeGroup().map(\.work) == ["c", "a"])
  }

  @Test func `a group is bounded`() {
    var queue = Queue()
    for number in 0..<2100 { _ = add("\(number)", to: &queue) }
    #expect(queue.takeGroup().count == 1024)
    #expect(queue.takeGroup().count == 1024)
    #expect(queue.takeGroup().count == 52)
  }
}

/// Which failures are waited for, and which end the journal.
@Suite(.timeLimit(.minutes(1)))
struct CommitFailureTests {
  private func outcome(
    _ error: any Error, _ stage: CommitStage, whileClosing name: String? = nil
  ) -> String {
    let error = JournalError.inTerms(error, of: "the journal")
    return switch CommitFailure(error, at: stage, whileClosing: name) {
    case .ofTheWork: "work"
    case .passes(let failure): "passes \(failure.code)"
    case .closed(let failure): "closed \(failure.code)"
    case .ends(let failure): "ends \(failure.code)"
    }
  }

  @Test func `a failure of the work concerns nothing else, except at the commit itself`() {
    #expect(outcome(Refused(), .working) == "work")
    #expect(outcome(JournalError(.malformed, summary: "a row"), .working) == "work")
    #expect(outcome(JournalError(.constraint, summary: "a rule"), .working) == "work")
    #expect(outcome(Refused(), .committing) == "ends outcome-unknown")
    #expect(outcome(Refused(), .beginning) == "ends outcome-unknown")
  }

  @Test(arguments: [JournalError.Code.busy, .full, .disk, .noDescriptors, .noMemory])
  func `a failure that passes is waited for before the commit`(code: JournalError.Code) {
    let error = JournalError(code, summary: "something")
    #expect(outcome(error, .beginning) == "passes \(code)")
    #expect(outcome(error, .working) == "passes \(code)")
  }

  @Test func `at the commit only a lock and a full disk are known to have changed nothing`() {
    #expect(outcome(JournalError(.busy, summary: ""), .committing) == "passes journal-locked")
    #expect(outcome(JournalError(.full, summary: ""), .committing) == "passes disk-full")
    #expect(outcome(JournalError(.disk, summary: ""), .committing) == "ends outcome-unknown")
    #expect(outcome(JournalError(.noMemory, summary: ""), .committing) == "ends outcome-unknown")
    #expect(outcome(JournalError(.damaged, summary: ""), .committing) == "ends journal-damaged")
  }

  @Test func `an error of input or output at the commit leaves its result unknown`() {
    let noSpace = DatabaseError(resultCode: .SQLITE_FULL)
    let noSharedSpace = DatabaseError(resultCode: .SQLITE_IOERR_SHMSIZE)
    #expect(outcome(noSpace, .working) == "passes disk-full")
    #expect(outcome(noSpace, .committing) == "passes disk-full")
    #expect(outcome(noSharedSpace, .working) == "passes disk-full")
    #expect(outcome(noSharedSpace, .committing) == "ends outcome-unknown")
    let noSync = DatabaseError(resultCode: .SQLITE_IOERR_FSYNC)
    #expect(outcome(noSync, .committing) == "ends outcome-unknown")
  }

  @Test func `a failure before the commit of a closed journal is the close`() {
    func outcome(_ error: any Error, _ stage: CommitStage) -> String {
      self.outcome(error, stage, whileClosing: "the journal")
    }
    #expect(outcome(Refused(), .beginning) == "closed journal-closed")
    #expect(outcome(JournalError(.busy, summary: ""), .beginning) == "closed journal-closed")
    #expect(outcome(Refused(), .working) == "work")
    #expect(outcome(JournalError(.busy, summary: ""), .working) == "passes journal-locked")
    #expect(outcome(JournalError(.disk, summary: ""), .committing) == "ends outcome-unknown")
  }

  @Test func `a quota is looked for without leaving a file`() throws {
    let folder = NSTemporaryDirectory() + "quota-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(!JournalFile.exceedsQuota(beside: folder + "/journal.sqlite"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
  }

  @Test func `a damaged database ends the journal`() {
    #expect(outcome(JournalError(.damaged, summary: ""), .working) == "ends journal-damaged")
    #expect(FailureKind(JournalError(.damaged, summary: "")) == .requiresOperator)
  }
}
