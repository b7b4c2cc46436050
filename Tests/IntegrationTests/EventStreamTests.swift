import Foundation
import Glibc
import Testing

extension Stories {
  /// Overlord's stream of events, as clients read it while orders go through the services.
  @Suite("Event stream", .serialized, .timeLimit(.minutes(3)))
  struct EventStreams {
    @Test func `a client that is cut off anywhere has each event once, in the order of the list`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start()
        var client = EventStream()
        var cuts: [Int] = []
        _ = try await deployment.underLoad { _ in
          for index in 1...40 {
            let cut = Int.random(in: 1...10_000)
            cuts.append(cut)
            try await client.read(from: try await deployment.http(.overlord), atMost: cut)
            guard index == 20 else { continue }
            _ = try await deployment[.overlord].terminate(SIGKILL)
            try await deployment.start(.overlord)
          }
        }
        let listed = try await deployment.events()
        let last = try #require(listed.last).position
        try await client.read(
          from: try await deployment.http(.overlord), atMost: .max, until: last)
        #expect(listed.count > 40)
        #expect(client.ids == listed.map { "\($0.position)" }, "cut after \(cuts) bytes")
        #expect(client.events.map(\.json) == listed.map(\.json))
        #expect(client.names == listed.map(\.type))
      }
    }

    @Test func `curl shows the events of a type as they come, and ends well when Overlord stops`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start()
        let overlord = try await deployment.http(.overlord)
        let curl = try deployment.shell(
          "exec curl --silent --show-error --no-buffer \"$0\"",
          ["\(overlord.base)/api/events/stream?type=order.charged"])
        _ = try await curl.line("that the stream begins") { $0.text == "retry: 2000" }
        for product in ["widget", "gadget"] {
          let order = try await deployment.order(product, price: 1000)
          let line = try await curl.line("that the order is charged") {
            $0.text.hasPrefix("data: ") && $0.text.contains(order.id)
          }
          #expect(line.text.contains("\"topic\":\"charlie/order.charged/v1/\""))
        }
        let names = Set(curl.lines.all.map(\.text).filter { $0.hasPrefix("event:") })
        #expect(names == ["event: order.charged"])
        let began = ContinuousClock.now
        try await deployment.stop(.overlord)
        #expect(try await curl.ending() == .exited(0))
        #expect(ContinuousClock.now - began < .seconds(5), "a stream holds up no shutdown")
        let ends = deployment[.overlord].lines.filter { $0.text.contains("http-stream-ended") }
        #expect(ends.count == 1)
      }
    }
  }
}
