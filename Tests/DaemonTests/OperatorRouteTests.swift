import Courier
import Events
import Foundation
import HTTPTypes
import Journal
import Testing

@testable import Daemon

@Suite("Resets and consumers over HTTP", .timeLimit(.minutes(1)))
struct OperatorRouteTests {
  private let ward: Ward

  init() throws {
    ward = try Ward()
    try ward.hear(ThingPriced(thing: "a", mood: "fine"))
  }

  private var cursor: UInt64 {
    get throws { try ward.journal.read { try $0.cursor(of: "alpha").sequence } }
  }

  @Test("a stopped stream is reset to its start, and the log names the request")
  func reset() throws {
    ward.follows(.stopped)
    let answer = ward.answer(.post, "/api/subscriptions/alpha/reset")
    #expect(answer.status == .ok)
    #expect(
      try answer.document
        == .object([
          "stream": .string("alpha"), "cursor": .integer(0), "previousCursor": .integer(1),
        ]))
    #expect(
      answer.notice == "following alpha is reset: it stood at 1, and is read from its start")
    #expect(try cursor == 0)
  }

  @Test(
    "a stream that is not stopped is not reset",
    arguments: [Subscription.State.connecting, .catchingUp, .live, .away])
  func notStopped(state: Subscription.State) throws {
    ward.follows(state)
    let answer = ward.answer(.post, "/api/subscriptions/alpha/reset")
    #expect(answer.status == .conflict)
    #expect(try answer.document["type"]?.string == "urn:eventually:problem:not-stopped")
    #expect(try cursor == 1)
  }

  /// Replica `b` follows `alpha`, and shows that.
  private func follows(atReplica state: Subscription.State) throws {
    let shown = Subscription(
      stream: "alpha", cursor: 1, head: 1, state: state, reason: "why", isReady: true)
    let status = String(decoding: try shown.json(), as: UTF8.self)
    let role = Role.follow("alpha")
    _ = try ward.journal.write { try $0.takeRoles([role], for: "b", showing: [role: status]) }
  }

  @Test("a stream that is stopped at another replica is reset by way of the journal, once")
  func stoppedElsewhere() throws {
    ward.follows(.standby)
    try follows(atReplica: .stopped)
    #expect(ward.answer(.post, "/api/subscriptions/alpha/reset").status == .ok)
    #expect(try cursor == 0)
    // The other replica has not shown its new state yet.
    #expect(ward.answer(.post, "/api/subscriptions/alpha/reset").status == .conflict)
  }

  @Test("a stream that goes on at another replica, or at none, is not reset")
  func standby() throws {
    ward.follows(.standby)
    let unknown = ward.answer(.post, "/api/subscriptions/alpha/reset")
    #expect(unknown.status == .conflict)
    #expect(try unknown.document["detail"]?.string?.contains("No replica shows yet") == true)
    // The status of another version, which this one does not read.
    let role = Role.follow("alpha")
    _ = try ward.journal.write { try $0.takeRoles([role], for: "b", showing: [role: "{}"]) }
    let unreadable = ward.answer(.post, "/api/subscriptions/alpha/reset")
    #expect(
      try unreadable.document["detail"]?.string
        == "This replica does not follow alpha: replica b does.")
    try follows(atReplica: .live)
    let answer = ward.answer(.post, "/api/subscriptions/alpha/reset")
    #expect(answer.status == .conflict)
    #expect(
      try answer.document["detail"]?.string
        == "Following alpha is not stopped: it is live at replica b.")
    #expect(try cursor == 1)
  }

  @Test("a stream that is not followed is 404")
  func unknownStream() throws {
    #expect(ward.answer(.post, "/api/subscriptions/beta/reset").status == .notFound)
  }

  @Test("a service that has lost its history resets nothing, and forgets no consumer")
  func lost() throws {
    ward.follows(.stopped)
    try ward.journal.write { try $0.loseHistory("somebody is ahead") }
    #expect(ward.answer(.post, "/api/subscriptions/alpha/reset").status == .serviceUnavailable)
    #expect(ward.answer(.delete, "/api/consumers/overlord").status == .serviceUnavailable)
    #expect(try cursor == 1)
  }

  @Test("a lost history is not ready, and not waited for by a supervisor: an operator decides")
  func lostIsStarted() throws {
    #expect(Readiness(ward.assembly).now.isStarted == false, "alpha has not been heard")
    ward.follows(.stopped)
    try ward.journal.write { try $0.loseHistory("somebody is ahead") }
    let now = Readiness(ward.assembly).now
    #expect(now.isReady == false)
    #expect(now.isStarted)
    #expect(
      now.reasons?.first == "a part of the service's own history is lost: somebody is ahead")
  }

  @Test("a lost history is logged once, with the command for it")
  func lostIsLogged() throws {
    let desk = try Desk()
    for _ in 0..<2 {
      try desk.assembly.journal.write { try $0.loseHistory("somebody is ahead") }
    }
    let lines = try desk.lines.objects().filter {
      $0["event.action"]?.string == "history-lost"
    }
    #expect(lines.map { $0["log.level"]?.string } == ["error"])
    #expect(lines.first?["message"]?.string?.hasSuffix("eventually restore delta --accept") == true)
  }

  @Test("a consumer is removed once")
  func removed() throws {
    try ward.journal.write { try $0.acknowledge("overlord", epoch: Epoch(7), sequence: 0) }
    let answer = ward.answer(.delete, "/api/consumers/overlord")
    #expect(answer.status == .ok)
    #expect(try answer.document["name"]?.string == "overlord")
    #expect(try answer.document["cursor"] == .integer(0))
    #expect(
      answer.notice
        == "consumer overlord is removed at 0: nothing is kept for it; the next start registers it "
        + "again, unless it is taken out of delta.consumers")
    #expect(try answer.document["note"]?.string?.contains("delta.consumers") == true)
    #expect(try ward.journal.read { try $0.consumers() } == [])
    #expect(ward.answer(.delete, "/api/consumers/overlord").status == .notFound)
  }

  @Test("these paths answer with their methods")
  func methods() {
    let answer = ward.answer(.get, "/api/consumers/overlord")
    #expect(answer.status == .methodNotAllowed)
    #expect(answer.headers[.allow] == "DELETE, OPTIONS")
  }
}
