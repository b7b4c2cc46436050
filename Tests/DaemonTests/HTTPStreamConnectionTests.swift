import NIOCore
import Testing

@testable import Daemon

/// The connection of a stream: its last response, and its end.
@Suite(.timeLimit(.minutes(1))) struct HTTPStreamConnectionTests {
  @Test func `a stream is the last response of its connection, and ends with its client`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end())
    _ = (dialogue.pipelinedHead(), dialogue.end())
    dialogue.connection.beganStream()
    #expect(dialogue.connection.closes)
    #expect(dialogue.connection.wantsBytes, "the end of the client comes as a byte does")
    #expect(dialogue.head() == [.thrownAway])
    dialogue.pass(1000)
    #expect(dialogue.connection.deadline == nil, "an idle stream has no deadline")
    #expect(dialogue.inputEnds() == [.close])
  }

  @Test func `a stream ends when the service stops, and is cut after a second`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end())
    dialogue.connection.beganStream()
    dialogue.quiesce()
    var cut = dialogue
    #expect(dialogue.answer() == [.closeOutput])
    #expect(dialogue.inputEnds() == [.close])
    cut.pass(1)
    #expect(cut.expire() == [.close])
  }

  @Test func `a stream that the client does not read is cut after 30 seconds`() {
    var dialogue = Dialogue()
    _ = (dialogue.head(), dialogue.end())
    dialogue.connection.beganStream()
    dialogue.pass(1000)
    dialogue.connection.wrote(at: dialogue.now)
    #expect(dialogue.connection.sent(at: dialogue.now).isEmpty)
    dialogue.pass(1000)
    dialogue.connection.wrote(at: dialogue.now)
    dialogue.pass(29)
    #expect(dialogue.expire() == [])
    dialogue.pass(1)
    #expect(dialogue.expire() == [.close])
  }
}
