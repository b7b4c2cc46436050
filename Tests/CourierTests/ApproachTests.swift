import Events
import Logging
import Testing

@testable import Courier
@testable import ZeroMQ

/// How a followed stream's sockets are opened.
@Suite(.timeLimit(.minutes(1)))
struct ApproachTests {
  private func retry(_ failures: [ZeroMQError.Code]) async throws
    -> (shown: Int, lines: [String])
  {
    let (heard, hear) = AsyncStream.makeStream(of: String.self)
    let approach = Approach(
      replicas: [
        StreamEndpoints(
          stream: "alpha", events: "ipc:///tmp/none.events", log: "ipc:///tmp/none.log")
      ],
      runtime: .machine,
      logger: Logger(label: "test") { _ in LogLines { hear.yield($0) } })
    var left = failures
    var shown = 0
    defer { hear.finish() }
    var isOver = false
    try await approach.retry { _ in
      shown += 1
    } opening: {
      guard left.isEmpty else {
        throw ZeroMQError(left.removeFirst(), operation: "open", reason: "too many open files")
      }
      isOver = true
    }
    hear.finish()
    #expect(isOver)
    var lines: [String] = []
    for await line in heard { lines.append(line) }
    return (shown, lines)
  }

  @Test func `missing descriptors are waited for, and logged once`() async throws {
    let (shown, lines) = try await retry([.tooManyFiles, .tooManyFiles])
    #expect(shown == 2)
    #expect(lines.count == 1)
    #expect(lines.first?.contains("alpha is not connected to: cannot open: too many") == true)
    #expect(lines.first?.contains("LimitNOFILE") == true)
  }

  @Test(arguments: [ZeroMQError.Code.closed, .invalidEndpoint])
  func `a permanent failure is not retried`(code: ZeroMQError.Code) async {
    await #expect(throws: ZeroMQError.self) { _ = try await retry([code]) }
  }
}
