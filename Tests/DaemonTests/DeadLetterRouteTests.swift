import Events
import Foundation
import HTTPTypes
import Journal
import Testing

@testable import Daemon

@Suite("Dead letters over HTTP", .timeLimit(.minutes(1)))
struct DeadLetterRouteTests {
  private let ward: Ward
  private let letter: String

  /// A dead letter about “a” that holds back another event, and one of “b” that flows.
  init() throws {
    ward = try Ward()
    try ward.hear(ThingPriced(thing: "a", mood: "bad"))
    try ward.hear(ThingPriced(thing: "a", mood: "second"))
    try ward.hear(ThingPriced(thing: "a", mood: "third"))
    try ward.hear(ThingPriced(thing: "b", mood: "fine"))
    letter = try #require(try ward.letters.first)
  }

  @Test("one is shown with its event, its reason and what it holds back")
  func shown() throws {
    let answer = ward.answer(.get, "/api/dead-letters/\(letter)")
    let shown = try answer.document
    #expect(answer.status == .ok)
    #expect(answer.correlationID == "work-on-a")
    #expect(shown["stream"]?.string == "alpha")
    #expect(shown["sequence"] == .integer(1))
    #expect(shown["type"]?.string == "thing.priced")
    #expect(shown["subject"]?.string == "a")
    #expect(shown["state"]?.string == "dead")
    #expect(shown["reason"]?.string == "it is bad")
    #expect(shown["attempts"] == .integer(1))
    #expect(shown["holdsBack"] == .integer(2))
    #expect(shown["event"]?["data"]?["mood"]?.string == "bad")
    #expect(shown["original"] == nil)
    #expect(shown["dueAt"] == nil)
    #expect(shown["acts"] == .array([]))
  }

  @Test("the list shows the dead ones, and all that is put aside when asked, in parts")
  func listed() throws {
    func list(_ query: String) throws -> (states: [String], next: String?) {
      let document = try ward.answer(.get, "/api/dead-letters\(query)").document
      guard case .array(let letters)? = document["deadLetters"] else { return ([], nil) }
      return (letters.compactMap { $0["state"]?.string }, document["next"]?.string)
    }
    #expect(try list("").states == ["dead"])
    #expect(try list("?state=dead").states == ["dead"])
    #expect(try list("?state=all").states == ["dead", "behind", "behind"])
    let part = try list("?state=all&limit=2")
    #expect(part.states == ["dead", "behind"])
    let rest = try list("?state=all&limit=2&after=\(try #require(part.next))")
    #expect(rest.states == ["behind"])
    #expect(rest.next == nil)
    #expect(ward.answer(.get, "/api/dead-letters?state=odd").status == .unprocessableContent)
  }

  @Test("a body that is no JSON is listed without an event")
  func unreadable() throws {
    try ward.hear(ThingPriced(thing: "c", mood: "fine"), body: "not JSON")
    let second = try #require(try ward.letters.last)
    let answer = ward.answer(.get, "/api/dead-letters/\(second)")
    #expect(try answer.document["event"] == nil)
    #expect(try answer.document["subject"]?.string == "")
    let edit = ward.answer(.post, "/api/dead-letters/\(second)/edit", #"{"data":{}}"#)
    #expect(edit.status == .unprocessableContent)
    #expect(ward.answer(.post, "/api/dead-letters/\(second)/discard").status == .ok)
  }

  @Test("a retry that works is done, and releases what waited, in order")
  func retried() throws {
    ward.forgive()
    let answer = ward.answer(
      .post, "/api/dead-letters/\(letter)/retry", headers: [.requestID: "r-1"])
    let document = try answer.document
    #expect(answer.status == .ok)
    #expect(document["result"]?.string == "done")
    #expect(document["deadLetter"] == nil)
    #expect(answer.correlationID == "work-on-a")
    #expect(answer.notice == "dead letter \(letter) (alpha/thing.priced #1): retry, done")
    #expect(try ward.things == ["b fine", "a bad", "a second", "a third"])
    #expect(try ward.letters == [])
  }

  @Test("a retry that does not work answers why not, with the letter as it is now")
  func retriedInVain() throws {
    let document = try ward.answer(.post, "/api/dead-letters/\(letter)/retry").document
    #expect(document["result"]?.string == "it is bad")
    #expect(document["deadLetter"]?["attempts"] == .integer(2))
    #expect(document["deadLetter"]?["state"]?.string == "dead")
    #expect(try ward.things == ["b fine"])
  }

  @Test("a discarded one is gone, and its actions and their requests are kept")
  func discarded() throws {
    let path = "/api/dead-letters/\(letter)"
    _ = ward.answer(.post, path + "/retry", headers: [.requestID: "r-1"])
    let answer = ward.answer(.post, path + "/discard", headers: [.requestID: "r-2"])
    #expect(try answer.document["result"]?.string == "done")
    #expect(try ward.things == ["b fine", "a second", "a third"])
    for gone in [ward.answer(.get, path), ward.answer(.post, path + "/retry")] {
      #expect(gone.status == .notFound)
      guard case .array(let acts)? = try gone.document["acts"] else {
        Issue.record("no acts")
        continue
      }
      #expect(acts.map { $0["act"]?.string } == ["retry", "discard"])
      #expect(acts.map { $0["requestId"]?.string } == ["r-1", "r-2"])
      #expect(acts.map { $0["result"]?.string } == ["it is bad", "done"])
    }
  }

  @Test("an edit keeps the original, and is tried by a retry")
  func edited() throws {
    let path = "/api/dead-letters/\(letter)"
    let data = #"{"data":{"mood":"mended","price":{"amount":100,"currency":"USD"},"thing":"a"}}"#
    let edit = try ward.answer(.post, path + "/edit", data).document
    #expect(edit["deadLetter"]?["event"]?["data"]?["mood"]?.string == "mended")
    #expect(edit["deadLetter"]?["original"]?["data"]?["mood"]?.string == "bad")
    #expect(try ward.things == ["b fine"])
    #expect(try ward.answer(.post, path + "/retry").document["result"]?.string == "done")
    #expect(try ward.things == ["b fine", "a mended", "a second", "a third"])
  }

  @Test(
    "an edit that changes money, or cannot be read, is refused and changes nothing",
    arguments: [
      (#"{"mood":"x","price":{"amount":101,"currency":"USD"},"thing":"a"}"#, "money-changed"),
      (#"{"mood":"x","price":{"amount":100,"currency":"EUR"},"thing":"a"}"#, "money-changed"),
      (#"{"mood":"x","thing":"a"}"#, "money-changed"),
      (#"{"price":{"amount":100,"currency":"USD"},"thing":"a"}"#, "unreadable-data"),
      (#"{"mood":7,"price":{"amount":100,"currency":"USD"},"thing":"a"}"#, "unreadable-data"),
    ])
  func refused(data: String, slug: String) throws {
    let answer = ward.answer(
      .post, "/api/dead-letters/\(letter)/edit", #"{"data":\#(data)}"#,
      headers: [.requestID: "r-1"])
    #expect(answer.status == .unprocessableContent)
    #expect(try answer.document["type"]?.string == "urn:eventually:problem:\(slug)")
    #expect(try answer.document["requestId"]?.string == "r-1")
    #expect(try answer.document["remedy"]?.string?.isEmpty == false)
    let shown = try ward.answer(.get, "/api/dead-letters/\(letter)").document
    #expect(shown["event"]?["data"]?["mood"]?.string == "bad")
    #expect(shown["acts"] == .array([]))
  }

  @Test("an edit without data, or without a body, is refused by the rules of the API")
  func malformed() {
    let path = "/api/dead-letters/\(letter)/edit"
    #expect(ward.answer(.post, path).status == .badRequest)
    #expect(ward.answer(.post, path, "{}").status == .unprocessableContent)
    #expect(ward.answer(.post, path, "nonsense").status == .badRequest)
  }

  @Test("a deferred event that is not dead accepts no decision", arguments: ["retry", "discard"])
  func notDead(act: String) throws {
    try ward.hear(ThingPriced(thing: "c", mood: "early"))
    guard
      case .array(let all)? = try ward.answer(.get, "/api/dead-letters?state=all")
        .document["deadLetters"]
    else { return }
    for letter in all where letter["state"]?.string != "dead" {
      let answer = ward.answer(
        .post, "/api/dead-letters/\(letter["id"]?.string ?? "")/\(act)")
      #expect(answer.status == .conflict)
      #expect(try answer.document["type"]?.string == "urn:eventually:problem:not-a-dead-letter")
    }
    #expect(all.count == 4)
  }

  @Test("an unknown id is 404", arguments: ["0190a5f0-0000-7000-8000-000000000001", "7"])
  func unknown(id: String) throws {
    #expect(ward.answer(.get, "/api/dead-letters/\(id)").status == .notFound)
    #expect(ward.answer(.post, "/api/dead-letters/\(id)/retry").status == .notFound)
    #expect(ward.answer(.post, "/api/dead-letters/\(id)/discard").status == .notFound)
    let edit = ward.answer(.post, "/api/dead-letters/\(id)/edit", #"{"data":{}}"#)
    #expect(edit.status == .notFound)
  }

  @Test("the same key decides once, and gets the same answer")
  func idempotent() throws {
    func retry() -> Response {
      ward.answer(
        .post, "/api/dead-letters/\(letter)/retry", headers: [.idempotencyKey: "once"])
    }
    let first = retry()
    let second = retry()
    #expect(second.headers[.idempotencyReplayed] == "true")
    #expect(second.body == first.body)
    #expect(first.notice != nil)
    #expect(second.notice == nil)
    let shown = try ward.answer(.get, "/api/dead-letters/\(letter)").document
    #expect(shown["attempts"] == .integer(2))
  }

  @Test("a service that has lost its history decides nothing")
  func lost() throws {
    try ward.journal.write { try $0.loseHistory("somebody is ahead") }
    for act in ["retry", "discard"] {
      let answer = ward.answer(.post, "/api/dead-letters/\(letter)/\(act)")
      #expect(answer.status == .serviceUnavailable)
      #expect(try answer.document["type"]?.string == "urn:eventually:problem:history-lost")
    }
    #expect(ward.answer(.get, "/api/dead-letters/\(letter)").status == .ok)
  }
}
