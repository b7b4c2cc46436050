import Testing

@testable import Journal

/// Which work shares a commit: a dialogue with a value.
@Suite(.timeLimit(.minutes(1)))
struct GroupCommitTests {
  private var commits = GroupCommit<String>()

  private mutating func submit(_ work: String, deadline: Duration? = nil) -> [String] {
    say(.submitted(.init(id: commits.takeID(), work: work, deadline: deadline)))
  }

  private mutating func say(_ input: GroupCommit<String>.Input, at now: Duration = .zero)
    -> [String]
  {
    commits.handle(input, at: now, random: { 0 }).map { effect in
      switch effect {
      case .proceed(let pause): "proceed after \(pause)"
      case .commit(let group): "commit \(group.map(\.work))"
      case .answer(let member, .committed): "answer \(member.work)"
      case .answer(let member, .failed(let error)): "fail \(member.work): \(error)"
      }
    }
  }

  private func member(_ id: UInt64, _ work: String) -> GroupCommit<String>.Member {
    .init(id: id, work: work, deadline: nil)
  }

  @Test mutating func `work that comes during a commit shares the next one`() {
    #expect(submit("a") == ["proceed after 0.0 seconds"])
    #expect(submit("b") == [])
    #expect(say(.ready) == [#"commit ["a", "b"]"#])
    #expect(submit("c") == [])
    #expect(
      say(.ended([member(1, "a"), member(2, "b")], .committed))
        == ["answer a", "answer b", "proceed after 0.0 seconds"])
    #expect(say(.ready) == [#"commit ["c"]"#])
    #expect(say(.ended([member(3, "c")], .committed)) == ["answer c"])
  }

  @Test
  mutating func `work that comes while a group waits for its lock joins it, as far as it has room`()
  {
    commits = GroupCommit(largestGroup: 3)
    _ = submit("a")
    _ = say(.ready)
    for work in ["b", "c", "d"] { #expect(submit(work) == []) }
    let a = member(1, "a")
    #expect(commits.joining([a]).map(\.work) == ["b", "c"])
    #expect(
      say(.ended([a, member(2, "b"), member(3, "c")], .committed))
        == ["answer a", "answer b", "answer c", "proceed after 0.0 seconds"])
    #expect(say(.ready) == [#"commit ["d"]"#])
  }

  @Test mutating func `nothing joins work that is tried alone, nor an attempt without work`() {
    for work in ["a", "b", "c"] { _ = submit(work) }
    _ = say(.ready)
    let full = JournalError(.full, summary: "the disk is full")
    _ = say(.obstructed([member(1, "a"), member(2, "b")], full))
    #expect(say(.ready) == [#"commit ["a"]"#])
    #expect(commits.joining([member(1, "a")]).isEmpty)
    #expect(commits.joining([]).isEmpty)
  }

  @Test mutating func `an obstacle is waited for, and no caller is answered before`() {
    _ = submit("a")
    _ = say(.ready)
    let busy = JournalError(.busy, summary: "it is locked")
    #expect(say(.obstructed([member(1, "a")], busy)) == ["proceed after 0.05 seconds"])
    #expect(say(.cancelled(1)) == ["fail a: CancellationError()"])
    #expect(say(.ready) == ["commit []"], "the obstacle is tried all the same")
  }

  @Test mutating func `a failure that ends the journal is the failure of the whole group`() {
    _ = submit("a")
    _ = submit("b")
    _ = say(.ready)
    let failure = JournalError(.commit, summary: "it is unknown")
    let effects = say(.ended([member(1, "a"), member(2, "b")], .failed(failure)))
    #expect(effects == ["fail a: \(failure)", "fail b: \(failure)"])
  }
}
