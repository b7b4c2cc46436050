import Foundation
import Testing

extension Stories {
  /// A wall clock that is ten years ahead for a while.
  @Suite(
    "Clock faults", .serialized, .timeLimit(.minutes(2)),
    .enabled(
      if: ShiftedClock.isPossible, "no C compiler is here: apt-get install gcc builds the clock"))
  struct ClockFaults {
    private let decade = ShiftedClock.decade

    @Test
    func `a clock ten years ahead for a moment is reported, orders go on, and the report clears`()
      async throws
    {
      try await withDeployment { deployment in
        let clock = try await ShiftedClock(in: deployment.folder)
        for service in ServiceName.allCases {
          try deployment.launch(service, environment: clock.environment)
        }
        for service in ServiceName.allCases { try await deployment[service].ready() }
        let demand = try await deployment.underLoad { load in
          try await load.progress(20)
          try clock.set(by: decade)
          for service in ServiceName.allCases {
            let line = try await deployment[service].logged("the jump") {
              $0.action == "clock-doubted"
            }
            #expect(line.level == "warning")
            #expect(line.message.contains("jumped ahead by 315532") && line.message.contains("36"))
            let ready = try await deployment.http(service).get("/readyz")
            #expect(ready.status == 200)
            #expect("\(ready)".contains("jumped ahead"), "\(ready)")
          }
          let metrics = try await deployment.http(.alpha).get("/metrics")
          let text = String(decoding: metrics.body, as: UTF8.self)
          #expect(text.contains("\neventually_clock_jump_seconds 3"))
          try await load.progress(20)
          try clock.set(by: 0)
          for service in ServiceName.allCases {
            try await deployment[service].logged("that it clears") { $0.action == "clock-trusted" }
          }
          for service in [ServiceName.alpha, .beta, .charlie] {
            try await deployment[service].logged("its log") { $0.action == "clock-behind" }
          }
          try await load.progress(20)
        }
        try await deployment.check(demand)
        let ready = try await deployment.http(.alpha).get("/readyz")
        #expect(!"\(ready)".contains("jumped") && "\(ready)".contains("ahead of the clock"))
        let said = try await deployment.eventually(
          "status", try await deployment.http(.alpha).base)
        #expect(said.text.contains(" d) ahead of the clock: until 20"), "\(said.text)")
        for service in ServiceName.allCases {
          let count = deployment[service].lines.count { $0.action == "clock-doubted" }
          #expect(count == 1, "\(service) has a line for each change")
        }
      }
    }

    @Test func `nothing leaves the log while the clock is ten years ahead, also after a start`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        let clock = try await ShiftedClock(in: deployment.folder)
        let consumers = ["--alpha-consumers", "beta"]
        try deployment.launch(.alpha, consumers, environment: clock.environment)
        try await deployment[.alpha].ready()
        try await deployment.start(.beta)
        try await deployment[.beta].logged("settings.changed applied")
        for _ in 0..<3 {
          let order = try await deployment.order()
          try await deployment[.alpha].logged("order.captured applied", order: order.id)
        }
        try await deployment.isIdle(.alpha)
        try await deployment.stop(.beta)

        try clock.set(by: decade)
        try await deployment[.alpha].logged("the jump") { $0.action == "clock-doubted" }
        try await deployment.prunes(.alpha)
        #expect(try await deployment.floor(of: .alpha) == 1)

        try await changeSettings(7, at: try await deployment.http(.alpha))
        try await deployment.stop(.alpha)
        try deployment.launch(.alpha, consumers, environment: clock.environment)
        let line = try await deployment[.alpha].logged("that it is far from the log") {
          $0.action == "clock-doubted"
        }
        #expect(line.message.contains("ahead of the log"), "\(line)")
        try await deployment.prunes(.alpha)
        #expect(try await deployment.floor(of: .alpha) == 1)

        try clock.set(by: 0)
        try await deployment[.alpha].logged("its log") { $0.action == "clock-behind" }
        try await deployment.prunes(.alpha)
        #expect(try await deployment.floor(of: .alpha) == 1)
        try await deployment.start(.beta)
        let order = try await deployment.order()
        try await deployment[.alpha].logged("order.captured applied", order: order.id)
        try await deployment.isIdle(.alpha)
      }
    }
  }
}

extension Deployment {
  /// Waits until every consumer has acknowledged all events of a service.
  fileprivate func isIdle(_ service: ServiceName) async throws {
    while true {
      let consumers = try await http(service).get("/api/bus").json["consumers"].list
      if consumers.allSatisfy({ $0["lag"].int == 0 }) { return }
      try Task.checkCancellation()
    }
  }

  /// The first event of a service's log.
  fileprivate func floor(of service: ServiceName) async throws -> Int64? {
    try await http(service).get("/api/bus").json["stream"]["floor"].int
  }

  /// Waits until a service that is alone has pruned its log: its upkeep commits nothing else.
  fileprivate func prunes(_ service: ServiceName) async throws {
    func commits() async throws -> Int {
      let metrics = try await http(service).get("/metrics")
      let name = "eventually_commit_duration_seconds_count "
      let line = String(decoding: metrics.body, as: UTF8.self).split(separator: "\n")
        .first { $0.hasPrefix(name) }
      return try #require(line.flatMap { Int($0.dropFirst(name.count)) })
    }
    let before = try await commits()
    while try await commits() < before + 2 { try Task.checkCancellation() }
  }
}
