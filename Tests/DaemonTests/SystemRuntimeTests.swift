import Glibc
import Runtime
import Testing

@testable import Daemon

@Suite("The machine's clock", .timeLimit(.minutes(1)))
struct SystemRuntimeTests {
  @Test("uptime is the monotonic clock, which does not follow the wall clock")
  func uptime() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let monotonic = Duration.seconds(time.tv_sec)
    let uptime = RuntimeContext.system.uptime()
    #expect(uptime > monotonic - .seconds(60) && uptime < monotonic + .seconds(3600))
  }
}
