import Testing

@testable import CommandLineTool

@Suite("A daemon that dies", .timeLimit(.minutes(2)))
struct RestartsTests {
  private var restarts = Restarts()

  @Test("It is started again after a pause that doubles up to ten seconds")
  mutating func doubles() {
    let pauses = (1...8).map { _ in restarts.ended(.signaled(9), after: .seconds(1)) }
    #expect(
      pauses
        == [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000].map {
          .restart(after: .milliseconds($0))
        })
  }

  @Test("A life of ten seconds begins the pauses anew")
  mutating func resets() {
    _ = restarts.ended(.exited(1), after: .seconds(1))
    _ = restarts.ended(.exited(1), after: .seconds(1))
    #expect(
      restarts.ended(.exited(1), after: .seconds(10)) == .restart(after: .milliseconds(200)))
    #expect(
      restarts.ended(.exited(1), after: .seconds(9)) == .restart(after: .milliseconds(400)))
  }

  @Test(
    "However it dies, it is started again",
    arguments: [.exited(0), .exited(1), .exited(64), .signaled(15), .notStarted("no memory")]
      as [Restarts.Ending])
  mutating func however(_ ending: Restarts.Ending) {
    #expect(restarts.ended(ending, after: .zero) == .restart(after: .milliseconds(200)))
  }

  @Test("Exit code 78 prevents a restart")
  mutating func givesUp() {
    #expect(restarts.ended(.exited(78), after: .seconds(60)) == .giveUp)
  }

  @Test("The pause is printed in seconds")
  func told() {
    #expect(Duration.milliseconds(200).inSeconds == "0.2 s")
    #expect(Duration.seconds(10).inSeconds == "10 s")
  }

  @Test("The last words of a daemon are the message of its last line")
  func lastWords() {
    #expect(LastWords.message(#"{"log.level":"critical","message":"in use"}"#) == "in use")
    #expect(LastWords.message("alphad: no such key") == "alphad: no such key")
  }
}
