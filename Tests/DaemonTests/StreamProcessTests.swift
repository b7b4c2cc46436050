import HTTPTypes
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct StreamProcessTests {
  private let start = Duration.seconds(100)

  /// A stream that is at the end of its feed, since a second.
  private func live() -> StreamProcess {
    var process = StreamProcess(after: 4, at: start)
    #expect(process.next(at: start) == .read(after: 4, hasCommitted: false))
    process.read(0, through: 4, continues: false, at: start)
    return process
  }

  @Test func `it reads part after part until the end, and then waits for a commit`() {
    var process = StreamProcess(after: 0, at: start)
    #expect(process.next(at: start) == .read(after: 0, hasCommitted: false))
    process.read(3, through: 3, continues: true, at: start)
    process.wrote(at: start)
    #expect(
      process.next(at: start) == .read(after: 3, hasCommitted: false),
      "it is behind, and does not pause")
    process.read(1, through: 9, continues: false, at: start)
    process.wrote(at: start)
    #expect(process.next(at: start) == .wait(.seconds(15)))
    process.committed()
    #expect(process.next(at: start + .seconds(1)) == .read(after: 9, hasCommitted: true))
    #expect(process.count == 4)
  }

  @Test func `commits in quick succession share a read`() {
    var process = live()
    process.committed()
    #expect(process.next(at: start + .milliseconds(5)) == .wait(.milliseconds(15)))
    process.committed()
    #expect(process.next(at: start + .milliseconds(20)) == .read(after: 4, hasCommitted: true))
    #expect(process.next(at: start + .milliseconds(20)) == .wait(.milliseconds(14_980)))
  }

  @Test func `a commit during a read is not missed`() {
    var process = StreamProcess(after: 0, at: start)
    #expect(process.next(at: start) == .read(after: 0, hasCommitted: false))
    process.committed()
    process.read(1, through: 1, continues: false, at: start)
    #expect(process.next(at: start + .milliseconds(20)) == .read(after: 1, hasCommitted: true))
  }

  @Test func `an idle stream shows every 15 seconds that it lives, with its position`() {
    var process = live()
    #expect(process.next(at: start + .seconds(14)) == .wait(.seconds(1)))
    #expect(process.next(at: start + .seconds(15)) == .beat(at: 4))
    process.wrote(at: start + .seconds(15))
    #expect(process.next(at: start + .seconds(15)) == .wait(.seconds(15)))
    // A filter that lets nothing pass holds up no sign of life.
    process.committed()
    #expect(process.next(at: start + .seconds(30)) == .read(after: 4, hasCommitted: true))
    process.read(0, through: 7, continues: false, at: start + .seconds(30))
    #expect(process.next(at: start + .seconds(30)) == .beat(at: 7))
  }

  @Test func `it ends for the first reason, whatever waits`() {
    var process = live()
    process.committed()
    process.stop(.serviceStops)
    process.stop(.clientLeft)
    #expect(process.next(at: start + .seconds(60)) == .end(.serviceStops))
  }
}

@Suite(.timeLimit(.minutes(1))) struct ServerSentEventTests {
  @Test(arguments: [
    ("one", "data: one\n"), ("", "data: \n"),
    ("a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n"),
    ("a\n\nb\n", "data: a\ndata: \ndata: b\ndata: \n"), ("é\u{2028}", "data: é\u{2028}\n"),
  ])
  func `each line of the data is a field`(data: String, fields: String) {
    #expect(ServerSentEvent(position: 7, data: data).text == "id: 7\n\(fields)\n")
  }

  @Test func `a name is one line, and a value is JSON on one line`() throws {
    let event = try ServerSentEvent(position: 7, name: "a\r\nb\nc", json: ["x": "1\n2"])
    #expect(event.text == "id: 7\nevent: abc\ndata: {\"x\":\"1\\n2\"}\n\n")
  }

  @Test func `the beginning has a position, so that a client that is cut off there loses nothing`()
  {
    let feed = EventFeed(after: 42) { position, _ in
      EventFeed.Part([], through: position, continues: false)
    }
    #expect(feed.opening == "retry: 2000\nid: 42\n\n")
    #expect(EventFeed.beat(at: 43) == ":\nid: 43\n\n")
  }

  @Test(
    arguments: [
      (nil, nil, nil), ("3", nil, 3), (nil, "4", 4), ("3", "4", 4), ("3", "", 3), (nil, "0", 0),
    ] as [(String?, String?, Int64?)])
  func `Last-Event-ID goes before after`(after: String?, header: String?, expected: Int64?) throws {
    #expect(try request(after: after, header: header).resumePosition() == expected)
  }

  @Test(
    arguments: [
      ("x", nil, "after"), ("-1", nil, "after"), (nil, "1.0", "Last-Event-ID"),
      (nil, "99999999999999999999", "Last-Event-ID"), ("x", "1", "after"),
      (nil, "+1", "Last-Event-ID"),
    ] as [(String?, String?, String)])
  func `a position that is no number is refused`(after: String?, header: String?, path: String)
    throws
  {
    let request = try request(after: after, header: header)
    let problem = #expect(throws: Problem.self) { try request.resumePosition() }
    #expect(problem?.status == .unprocessableContent)
    #expect(problem?.members["path"]?.string == path)
  }

  private func request(after: String?, header: String?) throws -> Request {
    var headers: HTTPFields = [:]
    headers[.lastEventID] = header
    return try Desk().request(.get, "/x" + (after.map { "?after=\($0)" } ?? ""), headers: headers)
  }

  @Test func `a stream begins at the end, at the asked position, or is refused`() throws {
    func begin(_ asked: Int64?) throws -> Int64 {
      try EventFeed.beginning(after: asked, first: 5, last: 9)
    }
    #expect(try begin(nil) == 9)
    for position in [0, 4, 7, 9] as [Int64] { #expect(try begin(position) == position) }
    #expect(throws: Problem.self) { try begin(10) }
    #expect(throws: Problem.self) { try begin(3) }
    let pruned = #expect(throws: Problem.self) { try begin(1) }
    #expect(pruned?.status == .gone)
    #expect(try EventFeed.beginning(after: nil, first: 1, last: 0) == 0)
  }
}

@Suite(.timeLimit(.minutes(1))) struct StreamPlacesTests {
  @Test func `a place is free again when its stream is dropped, and one address has half`() throws {
    let places = StreamPlaces(limit: 3)
    var first: [StreamPlace] = [try places.take(for: "a")]
    let ofClient = #expect(throws: Problem.self) { try places.take(for: "a") }
    #expect(ofClient?.status == .serviceUnavailable)
    #expect(ofClient?.headers[.retryAfter] == "5")
    let others = [try places.take(for: "b"), try places.take(for: nil)]
    #expect(throws: Problem.self) { try places.take(for: "c") }
    first.removeAll()
    first.append(try places.take(for: "a"))
    #expect(others.count == 2)
  }
}
