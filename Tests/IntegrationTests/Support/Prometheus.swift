import Foundation
import Testing

/// A real Prometheus as a process, with the configuration that is shipped.
struct Prometheus: Sendable {
  static let isInstalled = ["prometheus", "promtool"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
  }
  static let remedy: Comment =
    "Prometheus is not installed here: apt-get install --no-install-recommends prometheus"

  /// The folder of the shipped configuration.
  static let folder = "\(Interop.root)/config/prometheus"

  /// A range that has several scrapes, in the place of Grafana's own variable.
  static let range = "30s"

  private let child: ChildProcess
  private let http: HTTPClient

  /// Starts one that scrapes the running daemons twice a second, and waits until it answers.
  init(in deployment: Deployment) async throws {
    var text = try String(contentsOfFile: "\(Self.folder)/prometheus.yml", encoding: .utf8)
    for (service, port) in zip(ServiceName.allCases, 3991...) {
      let base = try await deployment.http(service).base
      // In its quotation marks: a port that was put in may begin with the digits of a later one.
      let target = "\"127.0.0.1:\(port)\""
      try #require(text.contains(target))
      text = text.replacingOccurrences(
        of: target, with: base.replacingOccurrences(of: "http://", with: "\"") + "\"")
    }
    text = text.replacingOccurrences(of: ": 15s", with: ": 500ms")
      .replacingOccurrences(of: "- alerts.yml", with: "- \(Self.folder)/alerts.yml")
    let file = "\(deployment.folder)/prometheus.yml"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    child = try deployment.shell(
      "exec prometheus --config.file \"$0\" --storage.tsdb.path \"$1\""
        + " --web.listen-address 127.0.0.1:0 --log.format json",
      [file, "\(deployment.folder)/prometheus"])
    let line = try await child.line("where it listens") { $0.json["msg"].string == "Listening on" }
    _ = try await child.line("that it is ready") {
      $0.json["msg"].string == "Server is ready to receive web requests."
    }
    http = HTTPClient(base: "http://\(line.json["address"].text)")
  }

  /// The present values of a query, by their labels.
  func query(_ expression: String) async throws -> [(labels: JSON, value: Double)] {
    var words = URLComponents()
    words.queryItems = [URLQueryItem(name: "query", value: expression)]
    let query = (words.percentEncodedQuery ?? "").replacingOccurrences(of: "+", with: "%2B")
    let answer = try await http.get("/api/v1/query?\(query)")
    try #require(answer.status == 200, "\(expression): \(answer)")
    return answer.json["data"]["result"].list.map {
      ($0["metric"], Double($0["value"][1].text) ?? .nan)
    }
  }

  /// Waits until a query has results that are as wanted.
  ///
  /// Prometheus reports no scrape, so it is asked again and again.
  func expect(
    _ expression: String, within limit: Duration = .seconds(20),
    _ isWanted: ([Double]) -> Bool
  ) async throws {
    let end = ContinuousClock.now + limit
    var last: [Double] = []
    while ContinuousClock.now < end {
      last = try await query(expression).map(\.value)
      if isWanted(last) { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record("\(expression) is \(last) after \(limit)")
  }

  /// Waits until each service was scraped a number of times from now on.
  func scraped(_ count: Int) async throws {
    let counter = "process_cpu_seconds_total"
    let before = try await query("count_over_time(\(counter)[1h])")
      .reduce(into: [:]) { $0[$1.labels["job"].text] = $1.value }
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
      let now = try await query("count_over_time(\(counter)[1h])")
      let isDone = now.allSatisfy {
        $0.value >= (before[$0.labels["job"].text] ?? 0) + Double(count)
      }
      if isDone, now.count == ServiceName.allCases.count { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record("not every service was scraped \(count) times within 20 s")
  }
}
