import HTTPTypes
import NIOCore
import Testing

@testable import Daemon

/// A connection of a service that stops.
@Suite(.timeLimit(.minutes(1))) struct HTTPStoppingTests {
  @Test func `an idle connection is read once more, and closed`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end(), dialogue.answer())
    dialogue.pass(9)
    dialogue.quiesce()
    #expect(dialogue.expire() == [])
    dialogue.pass(milliseconds: 50)
    #expect(dialogue.expire() == [.close])
  }

  @Test func `a request that is on its way is answered, as the last one`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end(), dialogue.answer())
    dialogue.quiesce()
    dialogue.pass(milliseconds: 49)
    #expect(dialogue.head() == [])
    #expect(dialogue.connection.closes)
    #expect(dialogue.end() == [.deliver(nil)])
    dialogue.pass(9)
    #expect(dialogue.expire() == [], "the response may take its time")
    #expect(dialogue.answer() == [.closeOutput])
  }

  @Test func `a new connection has a second for its first request`() {
    var dialogue = Dialogue()
    dialogue.pass(milliseconds: 900)
    dialogue.quiesce()
    dialogue.pass(milliseconds: 99)
    #expect(dialogue.expire() == [])
    dialogue.pass(milliseconds: 1)
    #expect(dialogue.expire() == [.close])

    var silent = Dialogue()
    silent.pass(9)
    silent.quiesce()
    silent.pass(milliseconds: 50)
    #expect(silent.expire() == [.close], "it has had its second")
  }

  @Test(arguments: [true, false])
  func `half a request is refused after a second`(hasHeader: Bool) {
    var dialogue = Dialogue()
    if hasHeader {
      #expect(dialogue.head([.contentLength: "60"]) == [])
      #expect(dialogue.body(30) == [])
    } else {
      #expect(dialogue.connection.received(9, at: dialogue.now) == true)
    }
    dialogue.quiesce()
    dialogue.pass(milliseconds: 999)
    #expect(dialogue.expire() == [])
    dialogue.pass(milliseconds: 1)
    #expect(dialogue.expire() == [.deliver("stopping")])
    #expect(dialogue.answer() == [.closeOutput])
    dialogue.pass(milliseconds: 50)
    #expect(dialogue.expire() == [.close])
  }

  @Test func `half a request that arrives whole in time is answered`() {
    var dialogue = Dialogue()
    #expect(dialogue.head([.contentLength: "60"]) == [])
    dialogue.quiesce()
    dialogue.pass(milliseconds: 999)
    #expect(dialogue.body(60) == [])
    #expect(dialogue.end() == [.deliver(nil)])
    #expect(dialogue.pipelinedHead().steps == [])
    #expect(dialogue.answer() == [.closeOutput])
  }

  @Test func `a client has a moment to close its end after the last response`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end())
    dialogue.quiesce()
    #expect(dialogue.connection.closes)
    dialogue.pass(5)
    #expect(dialogue.expire() == [])
    #expect(dialogue.answer() == [.closeOutput])
    dialogue.pass(milliseconds: 50)
    #expect(dialogue.expire() == [.close])
  }

  @Test func `a response is whole for a client that reads slowly, and cut for one that does not`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end())
    for _ in 0..<5 { dialogue.connection.wrote(at: dialogue.now) }
    dialogue.pass(20)
    dialogue.quiesce()
    for _ in 0..<3 {
      dialogue.pass(milliseconds: 999)
      #expect(dialogue.expire() == [])
      _ = dialogue.connection.sent(at: dialogue.now)
    }
    dialogue.pass(1)
    #expect(dialogue.expire() == [.close])
  }
}
