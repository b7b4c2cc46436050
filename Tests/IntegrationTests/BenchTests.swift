import Foundation
import Glibc
import Testing

extension Stories {
  /// The benchmarks, at a size that takes a second: their processes, figures and endings.
  @Suite("Benchmarks", .serialized, .timeLimit(.minutes(2)))
  struct Benchmarks {
    @Test
    func `A hop loses and repeats no event, and leaves no file`() async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "eventually",
          ["bench", "hop", "--events", "200", "--writers", "4", "--json"] + place(in: deployment))
        #expect(try await child.ending() == .exited(0), "\(child.lines.all.map(\.text))")
        let report = try JSONDecoder().decode(Hop.self, from: Data(try child.lastOutput.utf8))
        #expect(report.lost == 0)
        #expect(report.duplicated == 0)
        #expect(report.receivedMicroseconds.p50 > 0)
        #expect(report.committedMicroseconds.p50 >= report.receivedMicroseconds.p50)
        #expect(report.cpu.producer > 0)
        #expect(report.cpu.consumer > 0)
        #expect(report.eventsPerSecond > 0)
        #expect(try filesLeft(in: deployment).isEmpty)
      }
    }

    @Test
    func `A hop beside a stopped subscriber loses no event, and leaves no process`() async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "eventually",
          ["bench", "hop", "--events", "1000", "--writers", "50", "--stopped-subscriber", "--json"]
            + place(in: deployment))
        #expect(try await child.ending() == .exited(0), "\(child.lines.all.map(\.text))")
        let report = try JSON(Data(try child.lastOutput.utf8))
        for hops in [report["alone"], report["besideStopped"]] {
          #expect(hops.list.map { $0["lost"] } == [0, 0, 0])
          #expect(hops.list.map { $0["duplicated"] } == [0, 0, 0])
        }
        #expect(!report["ratio"].isNull)
        #expect(try filesLeft(in: deployment).isEmpty)
        #expect(try processes(naming: folder(of: deployment)).isEmpty)
      }
    }

    @Test
    func `An interrupted benchmark ends its processes and removes its files`() async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "eventually", ["bench", "hop", "--events", "5000000"] + place(in: deployment))
        _ = try await child.line("that the events are published") {
          $0.text.hasPrefix("hop: 5,000,000")
        }
        child.signal(SIGINT)
        #expect(try await child.ending() == .exited(128 + SIGINT))
        #expect(try filesLeft(in: deployment).isEmpty)
        #expect(try processes(naming: folder(of: deployment)).isEmpty)
      }
    }

    @Test
    func `A consumer that starts late catches up, and acknowledges`() async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "eventually", ["bench", "catchup", "--events", "1000", "--json"] + place(in: deployment))
        #expect(try await child.ending() == .exited(0), "\(child.lines.all.map(\.text))")
        let report = try JSON(Data(try child.lastOutput.utf8))
        #expect(report["events"] == 1000)
        #expect(report["lost"] == 0)
        #expect(report["duplicated"] == 0)
        #expect(child.lines.all.contains { $0.text.hasSuffix("acknowledged the last event") })
        #expect(try filesLeft(in: deployment).isEmpty)
      }
    }

    @Test
    func `Each order of the customers is finalized and charged once`() async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "eventually",
          ["bench", "orders", "--customers", "2", "--seconds", "0.5", "--json"]
            + place(in: deployment))
        #expect(
          try await child.ending(within: .seconds(60)) == .exited(0),
          "\(child.lines.all.map(\.text))")
        let report = try JSON(Data(try child.lastOutput.utf8))
        #expect(report["orders"].int ?? 0 >= 2)
        #expect(report["lost"] == 0)
        #expect(report["duplicated"] == 0)
        #expect(report["checkoutMicroseconds"]["p50"].int ?? 0 > 0)
        #expect(try filesLeft(in: deployment).isEmpty)
      }
    }

    @Test
    func `Orders with metrics and without are compared, and none is lost`() async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "eventually",
          [
            "bench", "orders", "--customers", "2", "--seconds", "0.2", "--compare", "metrics",
            "--json",
          ] + place(in: deployment))
        #expect(
          try await child.ending(within: .seconds(100)) == .exited(0),
          "\(child.lines.all.map(\.text))")
        let report = try JSON(Data(try child.lastOutput.utf8))
        #expect(report["compared"] == "metrics")
        for runs in [report["on"], report["off"]] {
          #expect(runs.list.map { $0["lost"] } == [0, 0, 0])
          #expect(runs.list.allSatisfy { $0["orders"].int ?? 0 >= 2 })
        }
        #expect(!report["ratio"].isNull)
        #expect(try filesLeft(in: deployment).isEmpty)
        #expect(try processes(naming: folder(of: deployment)).isEmpty)
      }
    }

    @Test
    func `The binding and bare libzmq lose no message`() async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "eventually",
          ["bench", "wire", "--messages", "20000", "--rounds", "1", "--json"]
            + place(in: deployment))
        #expect(try await child.ending() == .exited(0), "\(child.lines.all.map(\.text))")
        let report = try JSON(Data(try child.lastOutput.utf8))
        #expect(report["lost"] == 0)
        #expect(report["duplicated"] == 0)
        #expect(try filesLeft(in: deployment).isEmpty)
      }
    }

    @Test
    func `A socket path that is too long is refused with the remedy`() async throws {
      try await withDeployment { deployment in
        let long = deployment.folder + "/" + String(repeating: "x", count: 100)
        let child = try deployment.run("eventually", ["bench", "hop", "--folder", long])
        #expect(try await child.ending() == .exited(78))
        #expect(
          child.lines.all.contains { $0.text.hasSuffix("Name a shorter folder with --folder.") })
        #expect(try FileManager.default.contentsOfDirectory(atPath: long).isEmpty)
      }
    }

    private struct Hop: Decodable {
      struct CPU: Decodable {
        let producer, consumer: Double
      }
      struct Latency: Decodable {
        let p50, p99, max: Int
      }
      let eventsPerSecond, flushesPerThousand: Double
      let cpu: CPU
      let receivedMicroseconds, committedMicroseconds: Latency
      let lost, duplicated: Int
    }

    private func folder(of deployment: Deployment) -> String { deployment.folder + "/b" }

    private func place(in deployment: Deployment) -> [String] {
      ["--folder", folder(of: deployment)]
    }

    @Test
    func `A hop ends at once when one of its processes does`() async throws {
      try await withDeployment { deployment in
        let child = try deployment.run(
          "eventually", ["bench", "hop", "--events", "5000000"] + place(in: deployment))
        _ = try await child.line("that the events are published") {
          $0.text.hasPrefix("hop: 5,000,000")
        }
        let consumer = try #require(
          try processes(naming: folder(of: deployment)).first { $0.line.contains("consumer") })
        kill(consumer.id, SIGKILL)
        #expect(try await child.ending() == .exited(1))
        #expect(
          child.lines.all.contains {
            $0.text == "eventually: consumer ended before it was applied. Its reason is above."
          })
        #expect(try filesLeft(in: deployment).isEmpty)
        #expect(try processes(naming: folder(of: deployment)).isEmpty)
      }
    }

    /// The processes that have this folder as an argument.
    private func processes(naming folder: String) throws
      -> [(id: pid_t, line: String)]
    {
      try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { process in
        // A process may end meanwhile.
        let line = try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))
        let text = String(decoding: line ?? Data(), as: UTF8.self)
        return pid_t(process).flatMap { text.contains(folder + "/") ? ($0, text) : nil }
      }
    }

    private func filesLeft(in deployment: Deployment) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder(of: deployment))
    }
  }
}

extension ChildProcess {
  /// The last line of the standard output.
  fileprivate var lastOutput: String {
    get throws { try #require(lines.all.last { $0.channel == .output }).text }
  }
}
