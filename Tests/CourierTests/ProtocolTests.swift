import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Testing

/// The frames of the catch-up protocol.
@Suite(.timeLimit(.minutes(1)))
struct ProtocolTests {
  private let source = SyntheticLog(count: 3)

  private func json(_ frame: Data) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: frame)
  }

  @Test(arguments: [
    LogRequest.fetch(Fetch(stream: "alpha", after: 0)),
    .fetch(
      Fetch(
        id: .string("x"), consumer: "beta", stream: "alpha", epoch: Epoch(.max), after: 7,
        chain: .zero, limit: 3)),
    .acknowledge(
      Acknowledgement(consumer: "beta", stream: "alpha", epoch: Epoch(1), sequence: 9)),
    .status(nil), .status(.integer(4)),
  ])
  func `a request comes back from its frames`(request: LogRequest) throws {
    #expect(try LogRequest(frames: request.frames[...]) == request)
  }

  @Test func `a fetch is written as in the design`() throws {
    let fetch = Fetch(
      id: .integer(1), consumer: "beta", stream: "alpha", epoch: Epoch(255), after: 7, chain: .zero,
      limit: 3)
    let frames = LogRequest.fetch(fetch).frames
    #expect(frames[0] == Data("FETCH".utf8))
    #expect(
      String(decoding: frames[1], as: UTF8.self)
        == #"{"after":7,"chain":"00000000000000000000000000000000","consumer":"beta","#
        + #""epoch":"00000000000000ff","id":1,"limit":3,"stream":"alpha"}"#)
  }

  @Test func `answers come back from their frames`() throws {
    let answer = EventsAnswer(
      id: .integer(1), stream: "alpha", epoch: source.epoch, after: 0, through: 3, head: 3,
      floor: 1, chain: source.cursor.chain)
    for reply in [
      LogReply.events(answer, source.records), .events(answer, []),
      .error(Refusal(.behindFloor, message: "because", id: .string("x"))),
      .error(Refusal(.epoch, message: "x")),
    ] {
      #expect(LogReply(frames: reply.frames) == reply)
    }
    let error = LogReply.error(Refusal(.behindFloor, message: "because")).frames
    #expect(error[0] == Data("ERROR".utf8))
    #expect(try json(error[1])["code"] == .string("behind-floor"))
  }

  @Test(arguments: [
    [], ["FETCH"], ["fetch", "{}"], ["FETCH", "{}", "{}"], ["FETCH", ""], ["FETCH", "[]"],
    ["FETCH", "not JSON"], ["FETCH", "{}"], ["FETCH", #"{"stream":"alpha"}"#],
    ["FETCH", #"{"stream":"alpha","after":-1}"#], ["FETCH", #"{"stream":"alpha","after":1.5}"#],
    ["FETCH", #"{"stream":"alpha","after":"1"}"#],
    ["FETCH", #"{"stream":"alpha","after":99999999999999999999}"#],
    ["FETCH", #"{"stream":"alpha","after":1,"epoch":7}"#],
    ["FETCH", #"{"stream":"alpha","after":1,"epoch":"7"}"#],
    ["FETCH", #"{"stream":"alpha","after":1,"chain":"00"}"#],
    ["FETCH", #"{"stream":"alpha","after":1,"limit":"all"}"#],
    ["ACK", "{}"], ["ACK", #"{"consumer":"beta","stream":"alpha","sequence":1}"#],
    ["STATUS", "7"], ["STATUS", ""], ["", "{}"], ["NONSENSE", "{}"],
  ])
  func `a malformed request is refused as such`(texts: [String]) {
    let frames = texts.map { Data($0.utf8) }
    let refusal = #expect(throws: Refusal.self) { try LogRequest(frames: frames[...]) }
    #expect(refusal?.code == .malformed)
    #expect(refusal?.message.isEmpty == false)
  }

  @Test(arguments: [
    ["FETCH", #"{"id":"mine"}"#], ["NONSENSE", #"{"id":"mine"}"#], ["ACK", #"{"id":"mine"}"#],
    ["FETCH", #"{"id":"mine","stream":"alpha","after":99999999999999999999}"#],
    ["FETCH", #"{"id":"mine","stream":"alpha","after":1}"#, "more"],
  ])
  func `a refusal repeats the id where there is one`(texts: [String]) {
    let frames = texts.map { Data($0.utf8) }
    let refusal = #expect(throws: Refusal.self) { try LogRequest(frames: frames[...]) }
    #expect(refusal?.id == .string("mine"))
  }

  @Test func `a beat is read from its frames, for any prefix`() throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    let head = try journal.look { try $0.head() }
    for prefix in ["", "alpha/", "alpha/thing"] {
      let beat = Beat(head)
      let frames = beat.frames(to: Data(prefix.utf8))
      #expect(frames[0] == Data("\(prefix)~beat/".utf8))
      #expect(Beat(frames: frames) == beat)
      #expect(try json(frames[2]) == .object(["stream": .string("alpha"), "floor": .integer(1)]))
      #expect(Record(frames: frames) == nil)
    }
    #expect(Beat(frames: source[1].frames) == nil)
  }
}
