import Courier
import Events
import Foundation
import HTTPTypes
import Journal
import RoomTesting
import Runtime
import Testing

@testable import Daemon

@Suite("/metrics", .timeLimit(.minutes(1)))
struct MetricsRouteTests {
  /// The lines of values of an exposition.
  private func lines(_ response: Response) -> [String] {
    String(decoding: response.body, as: UTF8.self).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map(String.init)
  }

  private func scrape(
    _ desk: Desk, _ subscriptions: [Subscription] = [], accept: String? = nil
  ) -> Response {
    var assembly = Assembly(
      journal: desk.assembly.journal, subscriptions: { subscriptions })
    assembly.metrics = desk.shell.serviceMetrics
    var headers: HTTPFields = [:]
    headers[.accept] = accept
    return commonRoutes(assembly, droppedLines: { 7 }).response(
      to: desk.request(.get, "/metrics", headers: headers), from: assembly.journal)
  }

  @Test("The response is the text that the Accept field asks for")
  func format() throws {
    let desk = try Desk()
    let plain = scrape(desk)
    #expect(plain.status == .ok)
    #expect(plain.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    let open = scrape(desk, accept: "application/openmetrics-text")
    #expect(open.headers[.contentType]?.hasPrefix("application/openmetrics-text") == true)
    #expect(String(decoding: open.body, as: UTF8.self).hasSuffix("# EOF\n"))
  }

  @Test("The service, its log and its process are in it")
  func service() throws {
    let desk = try Desk()
    _ = desk.answer(.post, "/api/things", #"{"name": "a", "price": 1}"#)
    let lines = scrape(desk)
    for line in [
      "eventually_build_info{service=\"delta\",version=\"0.1.0\"} 1", "eventually_ready 1",
      "eventually_journal_readable 1", "eventually_log_head_sequence 1",
      "eventually_log_floor_sequence 1", "eventually_log_lines_dropped_total 7",
      "eventually_log_events_total{type=\"thing.made\",version=\"2\"} 1",
      "eventually_commit_group_size_count 1", "eventually_commit_duration_seconds_count 1",
      "eventually_consumer_lag_events{consumer=\"overlord\"} 1",
      "eventually_dead_letters 0", "eventually_held_back_events 0",
    ] {
      #expect(self.lines(lines).contains(line), "\(line)")
    }
    for name in [
      "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
      "process_virtual_memory_bytes", "process_max_fds", "process_start_time_seconds",
    ] {
      let line = self.lines(lines).first { $0.hasPrefix(name + " ") }
      #expect(line.flatMap { Double($0.split(separator: " ")[1]) } ?? -1 > 0, "\(name)")
    }
  }

  @Test("A followed stream has its lag, one present state, and its counts")
  func following() throws {
    var counts = Subscription.Counts()
    counts.gaps = 1
    counts.recovered = 2
    counts.duplicates = 3
    counts.unknown = 4
    let lines = lines(
      scrape(
        try Desk(),
        [
          Subscription(
            stream: "alpha", cursor: 3, head: 5, state: .catchingUp, reason: nil, isReady: false,
            counts: counts),
          Subscription(
            stream: "beta", cursor: 0, head: nil, state: .connecting, reason: nil, isReady: true),
        ]))
    for line in [
      "eventually_ready 0", "eventually_follower_lag_events{stream=\"alpha\"} 5",
      "eventually_follower_state{stream=\"alpha\",state=\"catching_up\"} 1",
      "eventually_follower_state{stream=\"alpha\",state=\"live\"} 0",
      "eventually_follower_state{stream=\"beta\",state=\"connecting\"} 1",
      "eventually_follower_gaps_total{stream=\"alpha\"} 1",
      "eventually_follower_recovered_events_total{stream=\"alpha\"} 2",
      "eventually_follower_duplicate_events_total{stream=\"alpha\"} 3",
      "eventually_follower_unknown_events_total{stream=\"alpha\"} 4",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    // Nothing is known of the head of a stream that has sent nothing.
    #expect(!lines.contains { $0.hasPrefix("eventually_follower_lag_events{stream=\"beta\"}") })
  }

  @Test("The route is the template, and unknown paths and methods are one value each")
  func requests() async throws {
    let desk = try Desk()
    try await withServer(desk) { port, _ in
      for target in ["/api/things/1", "/api/things/2", "/no/such/1", "/no/such/2"] {
        _ = try await exchange(port, request("GET", target))
      }
      _ = try await exchange(port, request("PROPFIND", "/api/things"))
      let answer = try await exchange(port, request("GET", "/metrics"))
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      let counts = answer.body.split(separator: "\n").filter {
        $0.hasPrefix("http_server_request_duration_seconds_count")
      }
      #expect(
        counts.map { $0.dropFirst("http_server_request_duration_seconds_count".count) } == [
          #"{method="GET",route="/api/things/:id",status="404"} 2"#,
          #"{method="GET",route="none",status="404"} 2"#,
          #"{method="_OTHER",route="none",status="405"} 1"#,
        ])
    }
    #expect(!desk.lines.all.contains { $0.contains("/metrics") })
  }

  @Test("While the journal cannot be read, the rest is still answered")
  func unreadable() async throws {
    let desk = try Desk()
    try await withServer(
      desk,
      extra: [
        Scrape(
          metrics: try #require(desk.shell.serviceMetrics),
          readiness: { Readiness.State(reasons: ["busy"], stopped: 0, away: []) },
          assembly: desk.assembly
        ).route.failing(after: desk.clock)
      ]
    ) { port, _ in
      let answer = try await exchange(port, request("GET", "/failing"))
      #expect(answer.status == 200)
      #expect(answer.body.contains("\neventually_journal_readable 0\n"))
      #expect(answer.body.contains("\neventually_ready 0\n"))
      #expect(!answer.body.contains("eventually_log_head_sequence"))
    }
  }

  @Test("Where metrics are off, nothing is counted and the path is unknown")
  func off() throws {
    let desk = try Desk(["metrics": "false"])
    #expect(desk.shell.serviceMetrics == nil)
    #expect(scrape(desk).status == .notFound)
  }

  @Test("The kernel's texts are read by their fields, also with a name that looks like one")
  func process() {
    let fields = (3...24).map { "\($0)00" }.joined(separator: " ")
    let status = ProcessStatus(
      stat: "4711 (a ) 9 (b) \(fields) 0", machine: "cpu 1 2\nbtime 1000\nprocesses 3\n",
      ticks: 100, page: 4096)
    #expect(status.cpuSeconds == 29)
    #expect(status.virtualBytes == 2300)
    #expect(status.residentBytes == 9_830_400.0)
    #expect(status.startSeconds == 1022)
    let unknown = ProcessStatus(stat: "", machine: "", ticks: 100, page: 4096)
    #expect(unknown.families.allSatisfy { $0.samples.isEmpty })
  }
}

extension Route {
  /// The same route at another path, whose read of the journal fails as it does under a lock.
  ///
  /// - Parameter clock: the clock by which the patience of the read is over.
  fileprivate func failing(after clock: TestClock) -> Route {
    var route = Route.query("/failing") { _, _ in
      clock.advance(microseconds: 1_000_000)
      throw JournalError(.busy, summary: "the journal is locked")
    }
    route.unreadable = unreadable
    return route
  }
}
