import HTTPTypes
import NIOCore
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct HTTPConnectionTests {
  @Test func `one request after the other is delivered, and the connection stays`() {
    var dialogue = Dialogue()
    for _ in 0..<3 {
      #expect(dialogue.head() == [])
      #expect(dialogue.end() == [.deliver(nil)])
      #expect(dialogue.connection.wantsBytes == false, "the next one waits in the socket")
      #expect(dialogue.answer() == [])
      #expect(dialogue.connection.standing == .idle)
    }
  }

  @Test(
    arguments: [
      ([.connection: "close"], false), ([.connection: "keep-alive, Close"], false),
      ([.connection: "CLOSE"], false), ([:], true), ([.upgrade: "h2c"], false),
    ] as [(HTTPFields, Bool)])
  func `a client that wants one response gets it, and the end of the connection`(
    headers: HTTPFields, isOld: Bool
  ) {
    var dialogue = Dialogue()
    #expect(dialogue.head(headers, isOld: isOld) == [])
    #expect(dialogue.end() == [.deliver(nil)])
    #expect(dialogue.head() == [.thrownAway])
    #expect(dialogue.answer() == [.closeOutput])
    #expect(dialogue.inputEnds() == [.close])
  }

  @Test func `a client that expects 100 gets it before it sends the body`() {
    var dialogue = Dialogue()
    let headers: HTTPFields = [.expect: "100-Continue", .contentLength: "2"]
    #expect(dialogue.head(headers) == [.proceed])
    #expect(dialogue.body(2) == [])
    #expect(dialogue.end() == [.deliver(nil)])
  }

  @Test func `a client that expects 100 gets a refusal before it sends the body`() {
    var dialogue = Dialogue()
    let headers: HTTPFields = [.expect: "100-continue", .contentLength: "2"]
    #expect(
      dialogue.head(headers, refusal: .malformedRequest("no")) == [.deliver("malformed-request")])
    #expect(dialogue.body(2) == [.thrownAway])
    #expect(dialogue.answer() == [.closeOutput])
  }

  @Test func `a small body of a refused request is read, and the connection stays`() {
    var dialogue = Dialogue()
    #expect(dialogue.head([.contentLength: "2"], refusal: .malformedRequest("no")) == [])
    #expect(dialogue.body(2) == [])
    #expect(dialogue.end() == [.deliver("malformed-request")])
    #expect(dialogue.answer() == [])
  }

  @Test func `a body without an end is refused at 64 KiB, and no more than 64 KiB of it is read`() {
    var dialogue = Dialogue()
    #expect(dialogue.head([.transferEncoding: "chunked"]) == [])
    for _ in 0..<16 { #expect(dialogue.body(4096) == []) }
    #expect(dialogue.body(1) == [.deliver("body-too-large")])
    #expect(dialogue.answer() == [.closeOutput])
    var read = 0
    // A connection that reads on for ever fails here, and the test ends.
    while dialogue.connection.wantsBytes, read <= 17 * 4096 {
      #expect(dialogue.body(4096) == [.thrownAway])
      read += 4096
    }
    #expect(read == 17 * 4096)
    #expect(dialogue.connection.isDrained)
  }

  @Test func `a refused rest that comes slowly is given up after a second`() {
    var dialogue = Dialogue()
    #expect(dialogue.head([.contentLength: "70000"], refusal: .bodyTooLarge).count == 1)
    #expect(dialogue.answer() == [.closeOutput])
    dialogue.pass(1)
    #expect(dialogue.expire() == [.close])
  }

  @Test func `a header has 10 seconds, a body 30, and a connection without a request 60`() {
    var idle = Dialogue()
    #expect(idle.connection.deadline == idle.now + .seconds(60))
    idle.pass(60)
    #expect(idle.expire() == [.close])

    var header = Dialogue()
    header.pass(50)
    #expect(header.connection.received(1, at: header.now) == true)
    header.pass(9)
    #expect(header.connection.received(1, at: header.now) == true)
    #expect(header.expire() == [])
    header.pass(1)
    #expect(header.expire() == [.deliver("request-timeout")])

    var body = Dialogue()
    #expect(body.head([.contentLength: "60"]) == [])
    for _ in 0..<29 {
      body.pass(1)
      #expect(body.body(1) == [])
      #expect(body.expire() == [])
    }
    body.pass(1)
    #expect(body.expire() == [.deliver("request-timeout")])
    #expect(body.answer() == [.closeOutput])
  }

  @Test func `a response that the client does not read is given up after 30 seconds`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end())
    for _ in 0..<3 { dialogue.connection.wrote(at: dialogue.now) }
    dialogue.pass(29)
    _ = dialogue.connection.sent(at: dialogue.now)
    dialogue.pass(29)
    #expect(dialogue.expire() == [], "a piece has left")
    #expect(dialogue.connection.standing == .receiving)
    dialogue.pass(1)
    #expect(dialogue.expire() == [.close])
  }

  @Test func `a response is whole before the connection closes, also for a client that has ended`()
  {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end())
    #expect(dialogue.inputEnds() == [])
    for _ in 0..<2 { dialogue.connection.wrote(at: dialogue.now) }
    #expect(dialogue.connection.answered(at: dialogue.now).count == 0)
    #expect(dialogue.connection.sent(at: dialogue.now).count == 0)
    #expect(dialogue.connection.sent(at: dialogue.now).count == 1)
  }

  @Test func `a request after one that is refused, in the same buffer, is not served`() {
    var dialogue = Dialogue()
    #expect(
      dialogue.head([.transferEncoding: "chunked"], refusal: .bodyTooLarge)
        == [.deliver("body-too-large")])
    #expect(dialogue.end() == [])
    let next = dialogue.pipelinedHead()
    #expect(next.steps == [])
    #expect(!next.isAsked, "it takes nothing of the client's rate")
    #expect(dialogue.end() == [])
    #expect(dialogue.answer() == [.closeOutput])
  }

  @Test func `a request after one that is served, in the same buffer, is served too`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end())
    let next = dialogue.pipelinedHead()
    #expect(next.steps == [] && next.isAsked)
    #expect(dialogue.end() == [.deliver(nil)])
  }

  @Test func `a request that cannot be read is refused once, and nothing after it is read`() {
    var dialogue = Dialogue()
    let peers = Peers()
    #expect(dialogue.connection.received(9, at: dialogue.now) == true)
    #expect(dialogue.connection.failed(.malformedRequest("no"), peers: peers).count == 1)
    #expect(dialogue.connection.failed(.malformedRequest("no"), peers: peers).count == 0)
    #expect(dialogue.head() == [.thrownAway])
  }
}

@Suite(.timeLimit(.minutes(1))) struct ConnectionTableTests {
  @Test func `when all places are taken, the longest idle connection goes`() {
    var table = ConnectionTable(limit: 3, clientLimit: 3)
    for id in 1...3 { #expect(table.open(id, of: "a") == .accepted) }
    table.change(2, to: .idle)
    table.change(1, to: .idle)
    #expect(table.open(4, of: "b") == .replaces(2))
    #expect(table.open(5, of: "b") == .replaces(1))
    #expect(table.open(6, of: "b") == .replaces(3))
    #expect(table.count == 3)
  }

  @Test func `a client that is slow goes after those that are idle, and a busy one stays`() {
    var table = ConnectionTable(limit: 3, clientLimit: 3)
    for id in 1...3 { #expect(table.open(id, of: "a") == .accepted) }
    table.change(2, to: .busy)
    table.change(3, to: .idle)
    #expect(table.open(4, of: "b") == .replaces(3))
    table.change(4, to: .busy)
    #expect(table.open(5, of: "b") == .replaces(1))
    table.change(5, to: .busy)
    #expect(table.open(6, of: "b") == .refused(isClient: false))
    table.close(2)
    #expect(table.open(6, of: "b") == .accepted)
  }

  @Test func `one client takes no more than its share from the others`() {
    var table = ConnectionTable(limit: 4, clientLimit: 2)
    #expect(table.open(1, of: "b") == .accepted)
    for id in 2...3 { #expect(table.open(id, of: "a") == .accepted) }
    #expect(table.open(4, of: "a") == .replaces(2))
    table.change(3, to: .busy)
    table.change(4, to: .busy)
    #expect(table.open(5, of: "a") == .refused(isClient: true))
    #expect(table.open(6, of: "c") == .accepted)
  }
}
