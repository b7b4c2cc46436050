import Events
import Runtime
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BackoffTests {
  private let backoff = Backoff(first: .milliseconds(200), longest: .seconds(40))

  @Test(
    "the pause doubles up to a limit, and chance adds up to half of it",
    arguments: [
      (1, 0, 200_000), (2, 0, 400_000), (4, 0, 1_600_000), (51, 0, 40_000_000),
      (1, 511, 299_804), (1_000_000, .max, 59_960_937), (0, 0, 200_000),
    ] as [(Int, UInt64, Int64)])
  func pauses(failures: Int, random: UInt64, microseconds: Int64) {
    let pause = backoff.pause(after: failures, random: random)
    #expect((.microseconds(microseconds) ..< .microseconds(microseconds + 1)).contains(pause))
    #expect(pause <= backoff.limit)
  }
}
