import Events
import Foundation
import Logging
import Runtime
import ServiceLifecycle
import Testing
import Tracing

@testable import Daemon

/// The export to a real collector over loopback.
@Suite("Export of spans", .timeLimit(.minutes(1)))
struct SpanExportTests {
  private struct Running {
    let tracer: ServiceTracer
    let desk: Desk
    let group: ServiceGroup

    func append(_ count: Int) {
      for number in 0..<count { tracer.startSpan("span \(number)").end() }
    }

    var metrics: String {
      desk.shell.serviceMetrics.map { PrometheusText.text($0.registry.present, as: .prometheus) }
        ?? ""
    }
  }

  /// Runs the export as a daemon does, and shuts it down after the body.
  ///
  /// - Returns: how long the shutdown took.
  @discardableResult
  private func exporting(
    to endpoint: String, _ body: @escaping @Sendable (Running) async throws -> Void
  ) async throws -> (Duration, Running) {
    let desk = try Desk(["traces.endpoint": endpoint])
    let tracer = try #require(desk.shell.serviceTracer)
    let services = SpanExport.services(tracer, runtime: .system, logger: desk.shell.logger)
    #expect(services.count == 1)
    let group = ServiceGroup(services: services, logger: desk.shell.logger)
    let running = Running(tracer: tracer, desk: desk, group: group)
    let took = try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      try await body(running)
      let began = ContinuousClock.now
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return ContinuousClock.now - began
    }
    return (took, running)
  }

  @Test("a batch of 512 is sent at once, and the rest at the shutdown")
  func batches() async throws {
    let collector = try TestCollector()
    defer { collector.stop() }
    let (_, running) = try await exporting(to: collector.endpoint) { running in
      running.append(600)
      _ = await collector.spans { $0.count >= 512 }
    }
    #expect(Set(collector.spans.map(\.name)).count == 600)
    #expect(collector.spans.allSatisfy { $0.service == "delta" })
    let head = try #require(collector.heads.first)
    #expect(head.hasPrefix("POST /v1/traces HTTP/1.1"))
    #expect(head.lowercased().contains("content-type: application/json"))
    #expect(running.metrics.contains("eventually_spans_exported_total 600"))
  }

  @Test("a collector that asks for a pause gets the same batch again")
  func retried() async throws {
    let collector = try TestCollector(.refuse(status: 503, fields: "Retry-After: 0\r\n"))
    defer { collector.stop() }
    let (_, running) = try await exporting(to: collector.endpoint) { running in
      running.append(512)
      await collector.requests(atLeast: 2)
      collector.answer(.accept())
      _ = await collector.spans { $0.count == 512 }
    }
    // What the shutdown interrupts is sent again, with the same ids.
    #expect(Set(collector.spans.map(\.spanId)).count == 512)
    #expect(running.metrics.contains("eventually_spans_exported_total 512"))
    let lines = try running.desk.lines.objects()
    #expect(lines.filter { $0["event.action"]?.string == "traces-not-exported" }.count == 1)
  }

  @Test("refused spans are dropped and counted, with one line for all batches")
  func refused() async throws {
    let collector = try TestCollector(.refuse(status: 400))
    defer { collector.stop() }
    let (_, running) = try await exporting(to: collector.endpoint) { running in
      running.append(512)
      await collector.requests(atLeast: 1)
      running.append(1024)
      await collector.requests(atLeast: 3)
    }
    #expect(running.metrics.contains("eventually_spans_dropped_total{reason=\"collector\"} 1536"))
    let lines = try running.desk.lines.objects()
    #expect(lines.filter { $0["event.action"]?.string == "traces-not-exported" }.count == 1)
  }

  @Test("spans that a collector rejects of an accepted batch are counted as dropped")
  func partial() async throws {
    let collector = try TestCollector(
      .accept(body: #"{"partialSuccess":{"rejectedSpans":"12","errorMessage":"too old"}}"#))
    defer { collector.stop() }
    let (_, running) = try await exporting(to: collector.endpoint) { running in
      running.append(512)
      await collector.requests(atLeast: 1)
    }
    #expect(running.metrics.contains("eventually_spans_exported_total 500"))
    #expect(running.metrics.contains("eventually_spans_dropped_total{reason=\"collector\"} 12"))
  }

  @Test(
    "a collector that is bad holds up neither the work nor the shutdown",
    arguments: [TestCollector.Behaviour.hang, .close, .garbage])
  func bad(behaviour: TestCollector.Behaviour) async throws {
    let collector = try TestCollector(behaviour)
    defer { collector.stop() }
    let (took, running) = try await exporting(to: collector.endpoint) { running in
      running.append(512)
      await collector.requests(atLeast: 1)
      let began = ContinuousClock.now
      running.append(4000)
      #expect(ContinuousClock.now - began < .seconds(1))
    }
    #expect(running.tracer.queue.count == SpanQueue.limit)
    #expect(running.metrics.contains("eventually_spans_dropped_total{reason=\"queue\"} 2464"))
    #expect(took < Collector.timeout, "no request is waited for to its end")
  }

  @Test("a collector that is away holds up neither the work nor the shutdown")
  func away() async throws {
    let collector = try TestCollector()
    collector.stop()
    let (took, running) = try await exporting(to: collector.endpoint) { running in
      running.append(3000)
      let lines = running.desk.lines
      while !lines.all.contains(where: { $0.contains("traces-not-exported") }) {
        await Task.yield()
      }
    }
    #expect(running.tracer.queue.count == SpanQueue.limit)
    #expect(took < Collector.timeout, "no request is waited for to its end")
  }
}

@Suite("The key traces.endpoint", .timeLimit(.minutes(1)))
struct TraceKeyTests {
  @Test(
    "an address that is none ends the start with the key and the remedy",
    arguments: [
      "127.0.0.1:4318", "grpc://a:1", "http://", "http://a?b=c", "http://u@a", "http://a:0",
      "https://collector:4318",
    ])
  func bad(text: String) async throws {
    try await onMachine { machine in
      machine.environment["DELTA_TRACES_ENDPOINT"] = text
      let (sentences, status) = machine.problems()
      #expect(status.code == 78)
      #expect(
        sentences == [
          """
          environment DELTA_TRACES_ENDPOINT: delta.traces.endpoint is “\(text)”, and must be the \
          address of a collector of OTLP over HTTP, such as http://127.0.0.1:4318, or be empty; \
          for https, name a collector on this machine that passes the spans on.
          """
        ])
    }
  }

  private func endpoint(on machine: Machine) -> String? {
    try? machine.load()[TraceKeys.endpoint]
  }

  @Test("OpenTelemetry's own variable counts where the service's is not set")
  func shared() async throws {
    try await onMachine { machine in
      #expect(endpoint(on: machine) == "")
      machine.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = ""
      #expect(endpoint(on: machine) == "")
      machine.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4318"
      #expect(endpoint(on: machine) == "http://collector:4318")
      let report = try machine.load().report
      #expect(report.contains("# environment OTEL_EXPORTER_OTLP_ENDPOINT"))
      machine.environment["DELTA_TRACES_ENDPOINT"] = "http://127.0.0.1:4318"
      #expect(endpoint(on: machine) == "http://127.0.0.1:4318")
      machine.environment["DELTA_TRACES_ENDPOINT"] = nil
      try machine.write("delta:\n  traces:\n    endpoint: \"\"\n", to: "config/delta.yaml")
      #expect(endpoint(on: machine) == "", "the file's own key is set")
      try machine.write("delta:\n", to: "config/delta.yaml")
      // It may be another program's: it is ignored, with a warning.
      machine.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4317"
      #expect(endpoint(on: machine) == "")
      let ignored = TraceKeys.ignoredVariable(in: machine.environment)
      #expect(ignored?.hasPrefix("OTEL_EXPORTER_OTLP_ENDPOINT is “collector:4317”") == true)
    }
  }
}
