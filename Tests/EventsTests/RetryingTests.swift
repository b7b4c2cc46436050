import Events
import Runtime
import Testing

/// Failures in, pauses and lines out.
@Suite(.timeLimit(.minutes(1)))
struct RetryingTests {
  private static let backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))
  private var retrying = Retrying(backoff)

  private mutating func fail(_ reason: String, after duration: Duration = .zero)
    -> Retrying.Decision
  {
    retrying.failed(reason, after: duration, random: 0)
  }

  @Test mutating func `pauses grow, and a lasting reason is logged once`() {
    #expect(fail("no file").pause == .milliseconds(100))
    let again = fail("no file")
    #expect(!again.isLogged && again.reason == "no file")
    #expect(again.pause == .milliseconds(200))
    for _ in 0..<10 { _ = fail("no file") }
    #expect(fail("no file").pause == .seconds(5))
  }

  @Test mutating func `another reason is logged, and so is the first one when it returns`() {
    #expect(fail("no file").isLogged)
    #expect(fail("no memory").isLogged)
    #expect(fail("no file").isLogged)
  }

  @Test mutating func `one line is enough: another reason is not logged`() {
    retrying = Retrying(Self.backoff, reporting: .firstFailure)
    #expect(fail("no file").isLogged)
    #expect(!fail("no memory").isLogged)
  }

  @Test mutating func `a success is worth a line only after a failure, and begins anew`() {
    let before = retrying.succeeded()
    _ = fail("no file")
    _ = fail("no file")
    let after = retrying.succeeded()
    let again = retrying.succeeded()
    #expect([before, after, again] == [false, true, false])
    let next = fail("no file")
    #expect(next.isLogged)
    #expect(next.pause == .milliseconds(100))
  }

  @Test mutating func `a failure after a long run is the first of a new series, where it worked`() {
    _ = fail("no file")
    #expect(!fail("no file", after: .seconds(60)).isLogged, "it only took long to fail")
    retrying = Retrying(Self.backoff, restartsAfterLongRun: true)
    _ = fail("no file")
    #expect(!fail("no file", after: Self.backoff.limit).isLogged)
    let next = fail("no file", after: Self.backoff.limit + .milliseconds(1))
    #expect(next.isLogged)
    #expect(next.pause == .milliseconds(100))
  }

  @Test mutating func `chance adds to the pause`() {
    #expect(retrying.failed("no file", random: 511).pause > .milliseconds(140))
  }
}
