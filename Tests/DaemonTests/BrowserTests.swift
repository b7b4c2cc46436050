import Crypto
import Events
import Foundation
import Glibc
import HTTPTypes
import Logging
import NIOCore
import RoomTesting
import Runtime
import Synchronization
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct BrowserTests {
  @Test func `a page loads from its own service alone, and has neither styles nor scripts in it`()
    throws
  {
    let look = try PageTemplates("Delta", frames: ["'self'", "http://a.example"])
    var page = look.problemPage
    SecurityHeaders(embedders: ["https://b.example"]).add(to: &page)
    let policy = try #require(page.headers[.contentSecurityPolicy])
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; "))
    #expect(!policy.contains("unsafe"))
    #expect(policy.contains("frame-src 'self' http://a.example;"))
    #expect(policy.hasSuffix("frame-ancestors 'self' https://b.example"))
  }

  @Test func `an answer of the API is shown in no frame, and cached nowhere`() throws {
    var answer = try Response.json(1)
    SecurityHeaders(embedders: ["https://b.example"]).add(to: &answer)
    #expect(answer.headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
    #expect(answer.headers[.cacheControl] == "no-store")
    #expect(answer.headers[.contentType] == "application/json")
  }

  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (1_779_018_245_678_901, "Sun, 17 May 2026 11:44:05 GMT"),
    ] as [(UInt64, String)])
  func `a date is written as HTTP has it`(microseconds: UInt64, text: String) {
    #expect(Timestamp(microseconds: microseconds).httpDate == text)
  }

  @Test(arguments: [
    (EADDRINUSE, true, "in use"), (EADDRNOTAVAIL, true, "not an address of this machine"),
    (EACCES, false, "may not be listened on"), (EAFNOSUPPORT, false, "cannot be listened on"),
  ])
  func `an address that may come is waited for, and one that is forbidden ends the daemon`(
    code: Int32, passes: Bool, words: String
  ) throws {
    let configuration = try ServiceConfiguration(of: DeltaRoom.self)
    let failure = BindFailure(
      IOError(errnoCode: code, reason: "bind"), configuration: configuration)
    #expect(failure.passes == passes)
    #expect(failure.reason.contains(words))
    #expect(failure.sentence.hasPrefix("127.0.0.1:"))
    #expect(failure.sentence.contains("delta.http."))
    #expect(failure.ending is StartError == !passes)
  }

  @Test func `below the reserve nothing new is begun, and each change is logged once`() async throws
  {
    let lines = Lines()
    let clock = TestClock()
    let configuration = try ServiceConfiguration(of: DeltaRoom.self)
    let disk = Mutex(FreeSpace.Space(free: 100 << 20, all: 10 << 30))
    let measurements = Mutex(0)
    let space = FreeSpace(
      "/state", limits: { SpaceLimits(warning: 0, reserve: 64 << 20) }, service: "delta",
      runtime: clock.runtime,
      logger: .daemon(
        CurrentConfiguration(configuration), runtime: clock.runtime, output: lines.output()),
      measure: { _ in
        measurements.withLock { $0 += 1 }
        return disk.withLock { $0 }
      })
    func later() { clock.advance(microseconds: 50_000) }
    await withDiscardingTaskGroup { commands in
      for _ in 0..<8 { commands.addTask { #expect(await space.problem() == nil) } }
    }
    #expect(measurements.withLock(\.self) == 1, "those that come together need one")
    disk.withLock { $0.free = (64 << 20) - 1 }
    later()
    for _ in 0..<3 { #expect(await space.problem()?.slug == "disk-nearly-full") }
    disk.withLock { $0.all = 100 << 20 }
    later()
    #expect(await space.problem() == nil, "of a small disk a tenth is kept")
    let actions = try lines.objects().map { $0["event.action"]?.string }
    #expect(actions == ["disk-nearly-full", "disk-has-space"])
  }

  @Test func `little space is reported before the reserve, and only once about its limit`()
    async throws
  {
    let lines = Lines()
    let desk = try Desk()
    let configuration = try ServiceConfiguration(of: DeltaRoom.self)
    let disk = Mutex(FreeSpace.Space(free: 2_000 << 20, all: 100 << 30))
    let space = FreeSpace(
      "/state", limits: { SpaceLimits(configuration) }, service: "delta",
      runtime: desk.clock.runtime,
      logger: .daemon(
        CurrentConfiguration(configuration), runtime: desk.clock.runtime, output: lines.output()),
      measure: { _ in disk.withLock { $0 } })
    let readiness = Readiness(desk.assembly, space: space)
    for (free, attention) in [
      (2_000, nil), (1_023, "has 1023 MiB left: below 64 MiB"), (1_025, "has 1025 MiB left"),
      (63, "only 63 MiB left"), (1_024, "has 1024 MiB left"), (1_127, nil),
    ] as [(UInt64, String?)] {
      disk.withLock { $0.free = free << 20 }
      await space.look()
      #expect(readiness.now.isReady, "it does not affect readiness")
      #expect((readiness.now.attention == nil) == (attention == nil), "\(free) MiB")
      #expect(readiness.now.attention?.first?.contains(attention ?? "") ?? true, "\(free) MiB")
    }
    let actions = try lines.objects().map { $0["event.action"]?.string }
    #expect(
      actions == ["disk-space-low", "disk-nearly-full", "disk-space-low", "disk-has-space"])
  }
}

extension PageTemplates {
  fileprivate var problemPage: Response {
    (try? problem(.malformedRequest("no"), requestID: nil)) ?? Response(status: .ok)
  }
}
