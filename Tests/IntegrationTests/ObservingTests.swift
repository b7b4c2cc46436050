import Foundation
import Glibc
import Testing

extension Stories {
  /// What the commands show of running services, each option against the real publishers.
  @Suite("Observing", .serialized, .timeLimit(.minutes(2)))
  struct Observing {
    @Test
    func `the past is read from any place, chosen by any field, and printed in any form`()
      async throws
    {
      try await withTwoOrders { deployment, first, second in
        let sockets = ["--run", deployment.runFolder]
        func sniffed(_ options: String...) async throws -> [String] {
          let said = try await deployment.eventually(
            ["sniff", "--exit-at-end"] + options + sockets)
          return said.data
        }
        // One settings, and captured, approved, charged and finalized of two orders.
        #expect(try await sniffed("--all", "--topics-only").count == 9)
        #expect(try await sniffed("--all", "*/order.captured").count == 2)
        #expect(try await sniffed("--all", "--exclude", "alpha/", "--exclude", "beta/").count == 2)
        let last = try await sniffed("--last", "2", "--field", "topic")
        #expect(last == ["charlie/order.charged/v1/", "alpha/order.finalized/v1/"])
        #expect(
          try await sniffed("--last", "1", "--where", "subject=\(first.id)", "--field", "type")
            == ["order.finalized"])
        #expect(
          try await sniffed("--since", "1h", "--where", "data.price.amount>1000", "--json").count
            == 2)
        #expect(
          try await sniffed("--from-sequence", "2", "beta/", "--field", "subject") == [second.id])
        #expect(try await sniffed("--before", "2000-01-01T00:00:00Z").isEmpty)
        #expect(try await sniffed("--after", "2000-01-01T00:00:00Z", "--headers-only").count == 9)
        #expect(
          try await sniffed(
            "--all", "--where", "request=\(second.requestID)", "--csv", "--field", "type",
            "--field", "data.product", "--exclude", "charlie/")
            == [
              "type,data.product", "order.captured,\"a, widget\"", "order.approved,\"a, widget\"",
              "order.finalized,",
            ])
        #expect(
          try await sniffed("--all", "--format", "{stream}:{sequence}", "charlie/")
            == ["charlie:1", "charlie:2"])
        let whole = try await sniffed("--last", "1", "-t", "-v")
        #expect(whole.first?.contains("subject=\(second.id)") == true, "\(whole)")
        #expect(try await sniffed("--all").allSatisfy { $0.count <= 120 })
        let colored = try await sniffed("--last", "1", "--color", "always")
        #expect(colored.first?.contains("\u{1b}[") == true, "\(colored)")
      }
    }

    @Test
    func `events are expected, traced, listed, checked, recorded and played`() async throws {
      try await withTwoOrders { deployment, first, second in
        let sockets = ["--run", deployment.runFolder]
        func command(_ arguments: String..., ends: Int32 = 0) async throws -> [String] {
          try await deployment.eventually(arguments + sockets, ends: ends).data
        }
        let charged = ["expect", "charlie/order.charged", "--since", "1h", "--count"]
        _ = try await deployment.eventually(charged + ["2", "--within", "30s"] + sockets)
        _ = try await deployment.eventually(charged + ["3", "--within", "1s"] + sockets, ends: 75)
        _ = try await command("expect", "*/order.declined", "--never", "--within", "1s")
        _ = try await command(
          "expect", "*/order.charged", "--never", "--since", "1h", "--within", "30s", ends: 1)

        let trace = try await command("trace", second.requestID)
        #expect(trace.count == 4)
        #expect(try await command("trace", first.id, "--json").count == 4)
        _ = try await command("trace", "nothing", ends: 1)

        #expect(try await command("topics", "--json").count == 7)
        #expect(try await command("lag", "--json").count == 7)
        #expect(
          try await command("gaps") == [
            "alpha: 5 events, #1 to #5, whole", "beta: 2 events, #1 to #2, whole",
            "charlie: 2 events, #1 to #2, whole",
          ])
        _ = try await deployment.eventually(
          ["doctor", "--json"] + sockets + deployment.addresses())

        let tape = deployment.folder + "/tape.ndjson"
        _ = try await command("record", tape, "--all", "--exit-at-end")
        _ = try await command("record", tape, "--all", "--exit-at-end", ends: 1)
        let endpoint = "ipc://\(deployment.folder)/played.events"
        let player = try deployment.run(
          "eventually", ["play", tape, "--bind", endpoint, "--speed", "0"])
        _ = try await player.line("that it waits") { $0.text.hasPrefix("waiting at") }
        let played = try await deployment.eventually(
          "sniff", "--connect", endpoint, "--count", "9", "--timeout", "30", "--json")
        let past = try await command("sniff", "--all", "--exit-at-end", "--json")
        #expect(played.data == past)
        #expect(try await player.ending() == .exited(0))
        let live = "ipc://\(deployment.runFolder)/alpha.events"
        _ = try await deployment.eventually("play", tape, "--bind", live, ends: 1)
      }
    }

    @Test
    func `a gap on the wire is exit code 1, and rates are a table of topics`() async throws {
      try await withTwoOrders { deployment, _, _ in
        let tape = deployment.folder + "/tape.ndjson"
        _ = try await deployment.eventually(
          "record", tape, "alpha/", "--all", "--exit-at-end", "--run", deployment.runFolder)
        var lines = try String(contentsOfFile: tape, encoding: .utf8).split(separator: "\n")
        lines.remove(at: 2)
        try lines.joined(separator: "\n").write(toFile: tape, atomically: true, encoding: .utf8)
        func played(_ options: String..., ends: Int32) async throws -> Deployment.Said {
          let endpoint = "ipc://\(deployment.folder)/\(ends).events"
          let player = try deployment.run(
            "eventually", ["play", tape, "--bind", endpoint, "--speed", "0"])
          _ = try await player.line("that it waits") { $0.text.hasPrefix("waiting at") }
          return try await deployment.eventually(
            ["sniff", "--connect", endpoint] + options, ends: ends)
        }
        let broken = try await played("--no-gaps", "--timeout", "30", ends: 1)
        #expect(broken.text.contains("alpha has a gap on the wire: #3"), "\(broken.text)")
        let rates = try await played("--rates", "--timeout", "4", ends: 0)
        #expect(rates.data.first?.hasPrefix("topic ") == true)
        #expect(rates.data.contains { $0.hasPrefix("alpha/order.finalized/v1/ ") }, "\(rates.text)")
      }
    }

    @Test
    func `any publisher's frames are shown, and a publisher that goes is noted`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(.alpha)
        let endpoint = "ipc://\(deployment.runFolder)/alpha.events"
        let raw = try await deployment.eventually(
          "sniff", "--raw", "--connect", endpoint, "--count", "1", "--timeout", "30")
        #expect(raw.data.first?.hasPrefix("~beat/ | 0x4556") == true, "\(raw.text)")

        let sniff = try deployment.run(
          "eventually", ["sniff", "alfa/", "--run", deployment.runFolder, "--service", "alpha"])
        _ = try await sniff.line("that nothing can match") {
          $0.text == "alfa/ matches nothing here: alpha is listened to. Did you mean alpha/?"
        }
        deployment[.alpha].pause()
        _ = try await sniff.line("that alpha is silent") {
          $0.text == "no message from alpha for 3 s: is its service running?"
        }
        deployment[.alpha].resume()
        _ = try await sniff.line("that alpha is back") { $0.text == "alpha is back" }
        sniff.signal(SIGINT)
        #expect(try await sniff.ending() == .exited(0))
      }
    }

    /// Four services with two orders that have come to their ends, one after the other.
    private func withTwoOrders(
      _ test: (Deployment, Order, Order) async throws -> Void
    ) async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let first = try await deployment.order("widget", price: 1000)
        try await deployment.finished(first)
        let second = try await deployment.order("a, widget", price: 2000)
        try await deployment.finished(second)
        try await test(deployment, first, second)
      }
    }
  }
}

extension Deployment.Said {
  /// The lines of the data.
  fileprivate var data: [String] { lines.filter { $0.channel == .output }.map(\.text) }
}
