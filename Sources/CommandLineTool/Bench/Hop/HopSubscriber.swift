import ArgumentParser
import Courier
import Glibc
import ZeroMQ

/// `eventually bench subscriber`, which the benchmark starts itself: reads what a sniffer reads.
struct HopSubscriberCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: HopSubscriber.name, abstract: "The observing process of a benchmark.",
    shouldDisplay: false)

  @Option(help: "The folder of the sockets.")
  var folder: String

  func perform() async throws {
    let endpoint = HopService.producer.endpoints(in: folder).events
    let context = try Context()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        try await context.withSubscriber(connectingTo: [endpoint], prefixes: [""]) {
          var isReady = false
          for await _ in $0.messages where !isReady {
            // The first message, a beat: the producer knows the subscription.
            Output.data.line(BenchState(state: "ready").jsonLine)
            isReady = true
          }
        }
      }
      for await _ in BenchOrder.fromStandardInput() {}
      tasks.cancelAll()
      try await tasks.waitForAll()
    }
    await context.close()
  }
}

/// The subscriber of a hop, which is stopped.
enum HopSubscriber {
  static let name = "subscriber"

  /// Starts a subscriber, stops it once the producer knows it, and runs `body` meanwhile.
  static func whileStopped<Value: Sendable>(
    in group: pid_t, place: [String], _ body: () async throws -> Value
  ) async throws -> Value {
    try await BenchProcess.with([name] + place, in: group) { subscriber in
      let _: BenchState = try await subscriber.wait(for: "ready")
      return try await subscriber.whileStopped(body)
    }
  }
}
