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

  @Test("the elapsed time is the clock that a suspension does not stop")
  func elapsed() {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    let booted = Duration.seconds(time.tv_sec)
    let elapsed = RuntimeContext.system.elapsed()
    #expect(elapsed >= booted && elapsed < booted + .seconds(3600))
  }
}
