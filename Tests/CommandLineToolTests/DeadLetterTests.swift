import ArgumentParser
import Events
import Foundation
import Runtime
import Testing

@testable import CommandLineTool

@Suite("Dead letters of the command line", .timeLimit(.minutes(2)))
struct DeadLetterTests {
  // MARK: groups

  @Test(
    "A reason's pattern is without ids and numbers",
    arguments: [
      ("it is bad", "it is bad"), ("", ""), ("no reason v2-beta", "no reason v<n>-beta"),
      (
        "order 0199e8a2-0000-7000-8000-000000000001 has 1000 of 12.50",
        "order <id> has <n> of <n>.<n>"
      ),
      ("chain a1b2c3d4e5f60718 differs", "chain <id> differs"),
      ("“Ümlaut 7” x_9", "“Ümlaut <n>” x_<n>"), ("0199e8a2", "<n>e<n>a<n>"),
    ])
  func patterns(reason: String, pattern: String) {
    #expect(ReasonPattern(reason).description == pattern)
  }

  private func letter(
    _ id: String, reason: String = "it is bad", at: String = "2026-11-23T09:00:00Z",
    subject: String = "a", sequence: Int64 = 1, state: String = "dead",
    type: String = "order.captured"
  ) -> LetterSummary {
    LetterSummary(
      id: id, stream: "beta", sequence: sequence, type: type, subject: subject, state: state,
      reason: reason, at: at, holdsBack: 2)
  }

  private var groups: LetterGroups {
    var groups = LetterGroups()
    groups.add(letter("only", reason: "it's \u{202e}odd", type: "order.approved"), of: "alpha")
    for minute in [40, 20, 30] {
      let id = "0199e8a2-0000-7000-8000-0000000000\(minute)"
      groups.add(
        letter(id, reason: "\(id) costs \(minute)", at: "2026-11-23T09:\(minute):00Z"),
        of: "alpha")
    }
    groups.add(letter("waits", state: "waiting"), of: "alpha")
    groups.add(letter("first"), of: "http://127.0.0.1:4005")
    groups.add(letter("second"), of: "http://127.0.0.1:4005")
    return groups
  }

  @Test("Groups are a table, each with its reason and the commands that help")
  func table() throws {
    let now = try #require(Timestamp("2026-11-23T10:00:00Z"))
    let lines = groups.lines(at: now, options: "--port-base 4990")
    try expect(lines + groups.groups.map(\.jsonLine), match: "dead-letter-groups.txt")
    #expect(groups.lines(at: now, withCommands: false).count == lines.count - 6)
    #expect(LetterGroups().lines(at: now) == [])
  }

  @Test("The commands of a group select the whole group, and nothing of another")
  func commandsOfGroups() throws {
    let now = try #require(Timestamp("2026-11-23T10:00:00Z"))
    let line = try #require(groups.lines(at: now).first { $0.contains("--reason '<id> costs") })
    #expect(
      line == "  eventually dead-letters retry alpha --stream beta --type order.captured "
        + "--reason '<id> costs <n>'")
    let words =
      ["dead-letters", "retry", "alpha", "--stream", "beta", "--type", "order.captured"]
      + ["--reason", "<id> costs <n>"]
    let retry = try #require(try Eventually.parseAsRoot(words) as? DeadLettersCommand.Retry)
    let selection = retry.letters.selection
    let id = "0199e8a2-0000-7000-8000-000000000040"
    #expect(selection.includes(letter("x", reason: "\(id) costs 40")))
    #expect(!selection.includes(letter("x", reason: "it is bad")))
    #expect(!selection.includes(letter("x", reason: "\(id) costs 40", type: "order.approved")))
  }

  @Test("A reason with a number selects that number alone")
  func selection() throws {
    let words = ["dead-letters", "list", "--reason", "version 3", "--subject", "a"]
    let list = try #require(try Eventually.parseAsRoot(words) as? DeadLettersCommand.List)
    #expect(list.selection.includes(letter("x", reason: "it has version 3 of 4")))
    #expect(!list.selection.includes(letter("x", reason: "it has version 4 of 4")))
    #expect(!list.selection.includes(letter("x", reason: "version 3", subject: "b")))
  }

  // MARK: many at once

  @Test("Events of one subject are acted on in their order, and none after one that stays")
  func batch() {
    var batch = LetterBatch([
      letter("a2", sequence: 5), letter("b1", subject: "b", sequence: 9),
      letter("a1", sequence: 2), letter("c1", subject: "", sequence: 1), letter("a2", sequence: 5),
      letter("c0", subject: "", sequence: 0),
    ])
    func step() -> String {
      switch batch.next {
      case .act(let letter): letter.id
      case .skip(let letter, let first): "\(letter.id) behind \(first)"
      case nil: "end"
      }
    }
    #expect(step() == "a1")
    batch.take(.failed("it is bad"))
    #expect(step() == "a2 behind a1")
    batch.take(.skipped(behind: "a1"))
    #expect(batch.left == 3)
    #expect(batch.summary == "0 done, 1 still deferred, 1 skipped behind those, 3 not tried")
    for id in ["b1", "c1", "c0"] {
      #expect(step() == id)
      batch.take(id == "c1" ? .failed("bad") : .done)
    }
    #expect(step() == "end")
    #expect(!batch.isDone)
    #expect(batch.summary == "2 done, 2 still deferred, 1 skipped behind those")
  }

  @Test("A refusal does not stop the later events of its subject")
  func refusedInBatch() {
    var batch = LetterBatch([letter("a1"), letter("a2", sequence: 2)])
    batch.take(.refused("(404) gone"))
    #expect(batch.next == .act(letter("a2", sequence: 2)))
    batch.take(.done)
    #expect(batch.tally == LetterBatch.Tally(done: 1, refused: 1))
    #expect(batch.summary == "1 done, 1 refused")
  }

  @Test("An event that followed another of the batch is done, unless an operator discarded it")
  func followedInBatch() {
    func gone(_ acts: String = "") -> ServiceAnswer {
      ServiceAnswer(status: 404, retryAfter: nil, body: Data("{\"detail\":\"gone\"\(acts)}".utf8))
    }
    var batch = LetterBatch([
      letter("a1"), letter("a2", sequence: 2), letter("b1", subject: "b"),
      letter("c1", subject: ""),
    ])
    #expect(batch.result(of: "retry", answer: gone()) == .refused("(404) gone"))
    batch.take(.done)
    #expect(batch.result(of: "discard", answer: gone()) == .refused("(404) gone"))
    let discarded = #","acts":[{"act":"edit"},{"act":"discard"}]"#
    #expect(batch.result(of: "retry", answer: gone(discarded)) == .refused("(404) gone"))
    let followed = batch.result(of: "retry", answer: gone(#","acts":[{"act":"edit"}]"#))
    #expect(followed == .followed("a1"))
    #expect(followed.line("a2") == "a2  done: it followed a1")
    batch.take(followed)
    #expect(batch.result(of: "retry", answer: gone()) == .refused("(404) gone"))
    batch.take(.done)
    #expect(batch.result(of: "retry", answer: gone()) == .refused("(404) gone"))
    batch.take(.done)
    #expect(batch.isDone)
    #expect(batch.summary == "3 done, 1 followed")
  }

  @Test("Each answer is a result, and a line")
  func results() {
    func line(_ status: Int, _ body: String) -> String {
      let answer = ServiceAnswer(status: status, retryAfter: nil, body: Data(body.utf8))
      return LetterBatch.Result(answer).line("id")
    }
    #expect(line(200, #"{"result":"done"}"#) == "id  done")
    #expect(line(200, #"{"result":"it\nis bad"}"#) == #"id  stays deferred: it\u{a}is bad"#)
    #expect(
      line(409, #"{"detail":"It is not the first."}"#) == "id  refused (409) It is not the first.")
  }

  @Test("Only yes is yes")
  func consent() {
    #expect(["y", "Yes ", "YES"].allSatisfy { Consent.isYes($0) })
    #expect(!["", "n", "yesterday"].contains { Consent.isYes($0) })
    #expect(!Consent.isYes(nil))
    #expect(throws: Never.self) { try Consent.ask(to: "retry 2 dead letters", isGiven: true) }
  }

  // MARK: edits

  private let data =
    #"{"product":"widgit","zip":"8001","n":1,"promise":{"fee":{"amount":5}},"l":[1,2]}"#

  @Test(
    "One field is changed by its path",
    arguments: [
      ("product=widget", ["- data.product \"widgit\"", "+ data.product \"widget\""]),
      ("data.product=\"a=b\"", ["- data.product \"widgit\"", "+ data.product \"a=b\""]),
      ("zip=8002", ["- data.zip \"8001\"", "+ data.zip \"8002\""]),
      ("product=null", ["- data.product \"widgit\"", "+ data.product null"]),
      ("n=2", ["- data.n 1", "+ data.n 2"]), ("n=two", ["- data.n 1", "+ data.n \"two\""]),
      ("l.1=3", ["- data.l.1 2", "+ data.l.1 3"]), ("new={}", ["+ data.new {}"]),
      ("promise=null", ["+ data.promise null", "- data.promise.fee.amount 5"]),
      ("promise.fee.amount=6", ["- data.promise.fee.amount 5", "+ data.promise.fee.amount 6"]),
      ("n=1", []),
    ])
  func edits(argument: String, lines: [String]) throws {
    let before = try json(data)
    let edit = try #require(DataEdit(argument: argument))
    let difference = DataDifference(
      from: before, to: try edit.applied(to: before, mayAdd: argument == "new={}"))
    #expect(difference.lines() == lines)
  }

  @Test(
    "A path that leads nowhere is an error with its place",
    arguments: [
      ("promise.free.amount=1", "data.promise.free: there is no such member. Did you mean fee?"),
      (
        "prodct=gadget",
        "data.prodct: there is no such member. Did you mean product? Add a new one with --add."
      ), ("another=1", "data.another: there is no such member. Add a new one with --add."),
      ("l.2=1", "data.l.2: the list has 2 items, counted from 0"),
      ("n.a=1", "data.n.a: 1 before it is no object"),
    ])
  func wrongPaths(argument: String, error: String) throws {
    let edit = try #require(DataEdit(argument: argument))
    let before = try json(data)
    let found = #expect(throws: NoSuchField.self) { try edit.applied(to: before) }
    #expect(found?.description == error)
  }

  @Test(
    "What has no path or no value is refused", arguments: ["product", "=x", "a..b=1", "data.=1"])
  func noEdit(argument: String) {
    #expect(DataEdit(argument: argument) == nil)
  }

  @Test("A text that becomes empty is named, and one that was empty is not")
  func emptied() throws {
    let before = try json(#"{"a":"x","b":"","c":1,"d":"y"}"#)
    let after = try json(#"{"a":"","b":"","c":"","d":null,"e":""}"#)
    #expect(DataDifference(from: before, to: after).emptied == ["data.a"])
  }

  @Test("The difference names the money that it changes")
  func money() throws {
    let before = try json(#"{"price":{"amount":5,"currency":"USD"},"x":1}"#)
    let after = try json(#"{"price":{"amount":6},"x":2}"#)
    #expect(
      DataDifference(from: before, to: after).money
        == "data.price.amount: 5 to 6, data.price.currency: \"USD\" to nothing")
    let lines = DataDifference(from: before, to: after).lines(isColored: true)
    #expect(lines.first == "\u{1b}[31m- data.price.amount 5\u{1b}[0m")
  }
}
