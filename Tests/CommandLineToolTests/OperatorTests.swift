import Events
import Foundation
import Journal
import Testing

@testable import CommandLineTool

@Suite("The operator's view", .timeLimit(.minutes(2)))
struct OperatorTests {
  // MARK: status

  private func status(
    _ service: String, ready: String = #"{"status":"ready"}"#, _ bus: String
  ) throws -> ServiceStatus {
    ServiceStatus(
      service, at: "http://127.0.0.1:3991", ready: try json(ready), bus: try json(bus))
  }

  private func well() throws -> ServiceStatus {
    try status(
      "alpha",
      """
      {"stream":{"name":"alpha","epoch":"00000000000000aa","head":12,"floor":3},
       "subscriptions":[
         {"stream":"beta","cursor":7,"head":9,"lag":2,"state":"catchingUp","gaps":1,
          "recovered":5,"duplicates":0,"deadLetters":0},
         {"stream":"charlie","cursor":0,"state":"away","gaps":0,"recovered":0,"duplicates":0,
          "deadLetters":0}],
       "consumers":[
         {"name":"beta","cursor":12,"lag":0,"seenAt":"2026-11-23T09:00:19.167991Z"},
         {"name":"overlord","cursor":0,"lag":12}],
       "deadLetters":0}
      """)
  }

  private func needy() throws -> ServiceStatus {
    try status(
      "beta",
      ready: #"{"status":"not ready","reasons":["alpha is stopped: diverged: follow reset"]}"#,
      """
      {"stream":{"name":"beta","epoch":"00000000000000bb","head":4,"floor":1,"lost":"so"},
       "subscriptions":[
         {"stream":"alpha","cursor":5,"head":6,"lag":1,"state":"stopped","reason":"diverged",
          "gaps":0,"recovered":0,"duplicates":3,"deadLetters":2}],
       "consumers":[],"deadLetters":2}
      """)
  }

  @Test("What needs attention is shown, and no operator is required yet")
  func attention() throws {
    let sentence = "the disk of /state has 500 MiB left: make space."
    let status = try status(
      "beta", ready: #"{"status":"ready","attention":["\#(sentence)"]}"#,
      #"""
      {"stream":{"name":"beta","epoch":"00000000000000bb","head":4,"floor":1,"aheadOfClock":9},
       "subscriptions":[],"consumers":[],"deadLetters":0}
      """#)
    let report = StatusReport(statuses: [status])
    #expect(report.lines.last == "  \(sentence)", "\(report.lines)")
    #expect(report.nagios.code == 1)
    #expect(report.nagios.line.hasPrefix("EVENTUALLY WARNING - \(sentence)"))
    #expect(StatusCommand.failure(of: [status]) == nil)
    #expect(DoctorCommand.services([status], options: "").map(\.problem) == [sentence])
  }

  @Test("The status is pinned")
  func statusLines() throws {
    let away = ServiceStatus(
      "charlie", at: "http://127.0.0.1:3993", unreachable: "charlie cannot be reached\n: refused")
    let report = StatusReport(
      statuses: [try well(), try needy(), away], options: "--port-base 4990")
    try expect(report.lines, match: "status.txt")
    #expect(report.nagios.code == 2)
    #expect(
      report.nagios.line
        == #"EVENTUALLY CRITICAL - charlie cannot be reached\u{a}: refused "#
        + "| alpha_behind=2 alpha_dead=0 beta_behind=1 beta_dead=2")
    #expect(StatusReport(statuses: [try well()]).nagios.code == 0)
  }

  @Test("The events/s are those between two looks at one history")
  func rates() throws {
    func look(epoch: String = "00000000000000aa", head: Int, at time: Double) throws
      -> ServiceStatus
    {
      var status = try status(
        "alpha",
        """
        {"stream":{"name":"alpha","epoch":"\(epoch)","head":\(head),"floor":1},
         "subscriptions":[],"consumers":[],"deadLetters":0}
        """)
      status.lookedAt = .seconds(time)
      return status
    }
    let first = try look(head: 100, at: 10)
    let second = try look(head: 125, at: 12).withRate(since: first)
    #expect(second.eventsPerSecond == 12.5)
    let away = ServiceStatus("beta", at: "", unreachable: "beta is away")
    #expect(
      StatusReport(statuses: [second, away.withRate(since: first)]).lines == [
        "! beta is away",
        "SERVICE  STATE  VERSION  UP  HEAD  EVENTS/S  BEHIND  DEAD  HELD  ORDERS",
        "alpha    ready  -        -    125      12.5       0     0     -",
        "beta     AWAY   -        -      -         -       -     -     -  -",
      ])
    #expect(second.jsonLine.contains(#""eventsPerSecond":12.5"#))
    let other = try look(epoch: "00000000000000bb", head: 125, at: 12)
    #expect(other.withRate(since: first).eventsPerSecond == nil)
    #expect(try look(head: 5, at: 12).withRate(since: first).eventsPerSecond == nil)
  }

  @Test("An unusual state that needs no decision is a line of its own")
  func remarks() throws {
    let status = try status(
      "alpha",
      """
      {"stream":{"name":"alpha","epoch":"00000000000000aa","head":1,"floor":1,
         "aheadOfClock":86400},
       "journal":{"logBytes":33554432,"logHeldSince":"2026-11-23T09:00:19.167991Z",
         "logHolder":"process 7 (sqlite3)"},
       "refused":3,"dropped":0,"subscriptions":[],"consumers":[],"deadLetters":0}
      """)
    #expect(
      Array(status.details.dropFirst()) == [
        "  the log's time is 86400 s ahead of the clock: check the clock",
        "  the write-ahead log, 32 MiB, is held by process 7 (sqlite3) since "
          + "2026-11-23T09:00:19.167991Z",
        "  requests of peers refused: 3",
      ])
    #expect(StatusCommand.failure(of: [status]) == nil)
  }

  @Test("The status for programs is pinned")
  func statusJSON() throws {
    let away = ServiceStatus("charlie", at: "http://127.0.0.1:3993", unreachable: "refused")
    try expect(
      [try well().jsonLine, try needy().jsonLine, away.jsonLine], match: "status.jsonl")
  }

  @Test("The exit code is 0, 1 when an operator is required, 69 when a service is away")
  func statusCodes() throws {
    let away = ServiceStatus("charlie", at: "", unreachable: "refused")
    #expect(try StatusCommand.failure(of: [well()]) == nil)
    #expect(try StatusCommand.failure(of: [well(), needy()])?.status == .refused)
    #expect(try StatusCommand.failure(of: [needy(), away])?.status == .unreachable)
  }

  @Test("A service with an unreadable document requires an operator")
  func statusOfAnother() throws {
    let status = try status("alpha", #"{"hello":1}"#)
    #expect(
      StatusReport(statuses: [status]).lines.first
        == "! alpha: alpha sent a document that this version cannot read")
    #expect(StatusCommand.failure(of: [status])?.status == .refused)
  }

  // MARK: dead letters

  private let letter = """
    {"id":"0199e8a2-0000-7000-8000-000000000001","stream":"beta","sequence":7,
     "type":"order.captured","subject":"0199\\n","state":"dead","reason":"it is\\nbad",
     "causes":["the price is odd"],"attempts":2,"at":"2026-11-23T09:00:19Z","holdsBack":3,
     "event":{"data":{"a":1},"id":"x"},"original":{"data":{"a":2},"id":"x"},
     "acts":[{"act":"edit","result":"done","at":"2026-11-23T09:01:00Z","requestId":"r-1"}]}
    """

  @Test("A dead letter is a line in the list, and shown whole")
  func letters() throws {
    let view = DeadLetterView(try json(letter))
    try expect([view.line, ""] + view.lines, match: "dead-letter.txt")
  }

  // MARK: asking

  @Test("A refusal is printed with its remedy, and a malformed answer is refused")
  func answers() throws {
    func answer(_ status: Int, _ body: String) -> ServiceAnswer {
      ServiceAnswer(status: status, retryAfter: nil, body: Data(body.utf8))
    }
    #expect(try OperatorRequest.document(of: answer(200, "{}"), from: "alpha") == .object([:]))
    let refusal = #expect(throws: Failure.self) {
      try OperatorRequest.document(
        of: answer(409, #"{"detail":"It goes on.","remedy":"Wait."}"#), from: "beta")
    }
    #expect(refusal == Failure(.refused, "beta refused (409). It goes on. Wait."))
    #expect(throws: Failure.self) {
      try OperatorRequest.document(of: answer(200, "<html>"), from: "beta")
    }
  }

  @Test("A name becomes one part of a path")
  func paths() {
    #expect("warehouse-2".inPath == "warehouse-2")
    #expect("a/b ?ü".inPath == "a%2Fb%20%3F%C3%BC")
  }

  // MARK: where journals lie

  @Test("A service's state is found in the folder of `up`, or is the folder that is named")
  func places() {
    let here = folders()
    #expect(here.state(of: "beta", named: nil) == "/var/lib/eventually/beta")
    #expect(here.state(of: "beta", named: "st") == "/home/ada/st/beta")
    let local = folders(["/home/ada/.eventually"])
    #expect(local.state(of: "beta", named: nil) == "/home/ada/.eventually/beta")
    let own = folders(["/srv/beta/journal.sqlite"])
    #expect(own.state(of: "beta", named: "/srv/beta") == "/srv/beta")
    #expect(own.state(of: "beta", named: "/srv") == "/srv/beta")
    let named = folders(environment: ["BETA_STATE": "/data/b"])
    #expect(named.state(of: "beta", named: nil) == "/data/b")
  }
}
