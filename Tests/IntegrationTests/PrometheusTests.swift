import Foundation
import Testing

extension Stories {
  /// The metrics of the daemons, read by a real Prometheus with the rules that are shipped.
  @Suite(
    "Prometheus", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Prometheus.isInstalled, Prometheus.remedy))
  struct Monitoring {
    private func promtool(_ arguments: String, in deployment: Deployment) async throws {
      let child = try deployment.shell("cd \"$0\" && promtool \(arguments)", [Prometheus.folder])
      let ending = try await child.ending()
      let said = child.lines.all.map(\.text).joined(separator: "\n")
      #expect(ending == .exited(0), "promtool \(arguments): \(said)")
    }

    @Test func `promtool accepts the configuration and the rules, and their tests pass`()
      async throws
    {
      try await withDeployment { deployment in
        try await promtool("check config prometheus.yml", in: deployment)
        try await promtool("check rules --lint-fatal alerts.yml", in: deployment)
        try await promtool("test rules alerts_test.yml", in: deployment)
      }
    }

    @Test func `promtool finds nothing to improve in the metrics of a daemon with work`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start()
        try await deployment.finished(try await deployment.order())
        for service in ServiceName.allCases {
          let answer = try await deployment.http(service).get("/metrics")
          #expect(answer.status == 200)
          let file = "\(deployment.folder)/\(service).metrics"
          try answer.body.write(to: URL(fileURLWithPath: file))
          try await promtool("check metrics < \(file)", in: deployment)
        }
      }
    }

    @Test func `every query of the dashboard returns a value while orders flow`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start()
        let prometheus = try await Prometheus(in: deployment)
        try await prometheus.expect("up") { $0 == [1, 1, 1, 1] }
        let backups = deployment.folder + "/backups"
        try FileManager.default.createDirectory(atPath: backups, withIntermediateDirectories: true)
        try await deployment.eventually(
          "backup", "--into", backups, "--state", deployment.folder)
        // A counter that first appears with its first increase shows no rate before the second.
        try await deployment.finished(try await deployment.order())
        try await prometheus.scraped(2)
        try await deployment.finished(try await deployment.order())
        try await prometheus.scraped(2)
        let queries = try Dashboard().queries
        #expect(queries.count > 40)
        for query in queries {
          let values = try await prometheus.query(query).map(\.value)
          #expect(values.contains { $0.isFinite }, "\(query): \(values)")
        }
      }
    }

    @Test func `lags come to zero once all is applied, and no alert fires`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start()
        let prometheus = try await Prometheus(in: deployment)
        try await deployment.finished(try await deployment.order())
        try await prometheus.scraped(1)
        try await prometheus.expect("eventually_follower_lag_events") {
          $0.count == 7 && $0.allSatisfy { $0 == 0 }
        }
        try await prometheus.expect("eventually_consumer_lag_events") {
          $0.count == 7 && $0.allSatisfy { $0 == 0 }
        }
        try await prometheus.expect("eventually_ready") { $0 == [1, 1, 1, 1] }
        #expect(try await prometheus.query("ALERTS{alertstate=\"firing\"}").isEmpty)
        let finalized = "eventually_log_events_total{type=\"order.finalized\"}"
        try await prometheus.expect(finalized) { $0 == [1] }
      }
    }

    @Test func `an alert fires for a daemon that has gone`() async throws {
      try await withDeployment { deployment in
        try await deployment.start()
        let prometheus = try await Prometheus(in: deployment)
        try await prometheus.expect("up") { $0 == [1, 1, 1, 1] }
        try await deployment.stop(.overlord)
        try await prometheus.expect(
          "count by (alertname) (ALERTS{alertname=\"EventuallyDown\",job=\"overlord\"})"
        ) { $0 == [1] }
      }
    }
  }
}

/// The dashboard that is shipped.
private struct Dashboard {
  /// The queries of its panels, with the values of Grafana's variables.
  let queries: [String]

  init() throws {
    let file = URL(fileURLWithPath: "\(Interop.root)/config/grafana/dashboard.json")
    let board = try JSON(try Data(contentsOf: file))
    queries = board["panels"].list.flatMap { $0["targets"].list }.map {
      $0["expr"].text.replacingOccurrences(of: "$job", with: ".*")
        .replacingOccurrences(of: "$__rate_interval", with: Prometheus.range)
    }
  }
}
