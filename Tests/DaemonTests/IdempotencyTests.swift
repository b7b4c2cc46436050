import Events
import Foundation
import HTTPTypes
import Journal
import RoomTesting
import Testing

@testable import Daemon

private let body = #"{"name":"a","price":1}"#

@Suite("Idempotency-Key", .timeLimit(.minutes(1)))
struct IdempotencyTests {
  @Test("the same key and body give the same answer, and one effect")
  func replayed() throws {
    let desk = try Desk()
    let first = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    let second = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    #expect(first.status == .created)
    #expect(first.headers[.idempotencyReplayed] == nil)
    #expect(second.status == first.status)
    #expect(second.body == first.body)
    #expect(second.headers[.eTag] == "\"1\"")
    #expect(second.headers[.location] == first.headers[.location])
    #expect(second.headers[.contentType] == "application/json")
    #expect(second.headers[.idempotencyReplayed] == "true")
    #expect(try desk.thingCount == 1)
  }

  @Test("the same key with another body is refused and changes nothing")
  func otherBody() throws {
    let desk = try Desk()
    _ = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    let other = desk.answer(
      .post, "/api/things", #"{"name":"b","price":1}"#, headers: [.idempotencyKey: "k"])
    #expect(other.status == .unprocessableContent)
    #expect(try other.document["type"]?.string == "urn:eventually:problem:idempotency-key-reused")
    #expect(try desk.thingCount == 1)
  }

  @Test(
    "a key that came with another body is refused for that, although this body cannot be read",
    arguments: ["", "{", "[]", #"{"name":"a"}"#])
  func unreadableOtherBody(other: String) throws {
    let desk = try Desk()
    _ = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    let refused = desk.answer(.post, "/api/things", other, headers: [.idempotencyKey: "k"])
    #expect(
      try refused.document["type"]?.string == "urn:eventually:problem:idempotency-key-reused")
  }

  @Test("a key counts for its method and path alone, and no key repeats the effect")
  func scope() throws {
    let desk = try Desk()
    let id = "0190a5f0-0000-7000-8000-000000000001"
    _ = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    let other = desk.answer(.post, "/api/things/\(id)/finish", headers: [.idempotencyKey: "k"])
    #expect(other.headers[.idempotencyReplayed] == nil)
    #expect(other.status == .ok)
    for _ in 0..<2 { _ = desk.answer(.post, "/api/things", body) }
    #expect(try desk.thingCount == 3)
  }

  @Test("a replay belongs to the work of the first answer")
  func correlation() throws {
    let desk = try Desk()
    let finish = "/api/things/0190a5f0-0000-7000-8000-000000000001/finish"
    func work(_ path: String, _ body: String, request id: String) -> String? {
      desk.answer(.post, path, body, headers: [.idempotencyKey: "k", .requestID: id])
        .correlationID
    }
    #expect(work(finish, "", request: "r-1") == "the work that began it")
    #expect(work(finish, "", request: "r-2") == "the work that began it")
    #expect(work("/api/things", body, request: "r-3") == nil)
    #expect(work("/api/things", body, request: "r-4") == "r-3")
  }

  @Test("a refusal is not remembered")
  func refusal() throws {
    let desk = try Desk()
    let path = "/api/things"
    for _ in 0..<2 {
      let refused = desk.answer(.post, path, #"{"name":"a"}"#, headers: [.idempotencyKey: "k"])
      #expect(refused.status == .unprocessableContent)
      #expect(refused.headers[.idempotencyReplayed] == nil)
    }
    #expect(desk.answer(.post, path, body, headers: [.idempotencyKey: "k"]).status == .created)
  }

  @Test("an answer is remembered for 30 days")
  func memory() throws {
    let desk = try Desk()
    _ = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    desk.clock.advance(microseconds: 2_592_000_000_000)
    let replayed = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    #expect(replayed.headers[.idempotencyReplayed] == "true")
    desk.clock.advance(microseconds: 86_400_000_000)
    let forgotten = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    #expect(forgotten.headers[.idempotencyReplayed] == nil)
    #expect(try desk.thingCount == 2)
  }

  @Test("a clock that is wrong for a moment forgets no answer")
  func jump() throws {
    let desk = try Desk()
    func replays() -> Bool {
      desk.clock.advance(microseconds: 5_000_000)
      let answer = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
      return answer.headers[.idempotencyReplayed] == "true"
    }
    #expect(!replays())
    desk.clock.set(microseconds: desk.clock.now.microseconds + 315_532_800_000_000)
    #expect(replays())
    desk.clock.setBack(microseconds: 315_532_800_000_000)
    #expect(replays())
    #expect(try desk.thingCount == 1)
  }

  @Test("an answer that is stored while the clock is wrong is remembered for 30 days too")
  func storedInJump() throws {
    let desk = try Desk()
    desk.clock.set(microseconds: desk.clock.now.microseconds + 315_532_800_000_000)
    _ = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    desk.clock.setBack(microseconds: 315_532_800_000_000)
    desk.clock.advance(microseconds: 2_600_000_000_000)
    let forgotten = desk.answer(.post, "/api/things", body, headers: [.idempotencyKey: "k"])
    #expect(forgotten.headers[.idempotencyReplayed] == nil)
  }

  @Test(
    "twins that are sent at the same time have one effect and one answer",
    .timeLimit(.minutes(1)))
  func twins() async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      let command = request(
        "POST", "/api/things", ["Content-Type: application/json", "Idempotency-Key: twin"],
        body: body)
      let answers = try await withThrowingTaskGroup(of: RawAnswer.self) { tasks in
        for _ in 0..<16 { tasks.addTask { try await exchange(port, command) } }
        return try await tasks.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.allSatisfy { $0.status == 201 })
      #expect(Set(answers.map(\.body)).count == 1)
      #expect(answers.filter { $0.headers["idempotency-replayed"] == nil }.count == 1)
      #expect(Set(answers.compactMap { $0.headers["x-request-id"] }).count == 16)
    }
    #expect(try desk.thingCount == 1)
  }

  /// Thrown by a commit, after which nothing is known of it.
  private struct Lost: Error {}

  @Test("a command whose commit has an unknown outcome is 503, and takes effect once with its key")
  func unknownOutcome() async throws {
    let store = try MemoryStore()
    let command = request(
      "POST", "/api/things", ["Content-Type: application/json", "Idempotency-Key: k"], body: body)
    let desk = try Desk(journal: .store(store))
    store.beforeCommit { throw Lost() }
    try await withServer(desk) { port, _ in
      let lost = try await exchange(port, command)
      #expect(lost.status == 503)
      #expect(lost.headers["retry-after"] == "5")
      let problem = try JSONDecoder().decode(JSONValue.self, from: Data(lost.body.utf8))
      #expect(problem["type"]?.string == "urn:eventually:problem:outcome-unknown")
      #expect(problem["remedy"]?.string?.contains("same Idempotency-Key") == true)
    }
    // The daemon ends, and is started again.
    store.beforeCommit(nil)
    let again = try Desk(journal: .store(store))
    try await withServer(again) { port, _ in
      for isRepeated in [false, true] {
        let done = try await exchange(port, command)
        #expect(done.status == 201)
        #expect((done.headers["idempotency-replayed"] != nil) == isRepeated)
      }
    }
    #expect(try again.thingCount == 1)
  }
}
