import Foundation
import Glibc
import Testing

extension Stories {
  /// SIGHUP: the configuration is read again while the daemon runs.
  @Suite("Reload", .serialized, .timeLimit(.minutes(1)))
  struct Reload {
    @Test
    func `the level of the log changes, and changes back`() async throws {
      try await withDeployment { deployment in
        let alpha = try await deployment.startByFile(.alpha, "log:\n    level: info")
        let http = try await alpha.http
        func isLogged(_ id: String) async throws -> Bool {
          let count = alpha.lines.count
          #expect(try await http.get("/api/settings", headers: ["X-Request-ID": id]).status == 200)
          // The refusal of a command is logged at each level here, after the request before it.
          _ = try await http.post("/api/nowhere", headers: ["X-Request-ID": id + "-end"])
          try await alpha.logged("the barrier", after: count) { $0.requestID == id + "-end" }
          return alpha.lines.contains { $0.requestID == id }
        }
        #expect(try await !isLogged("at-info"))
        try await deployment.reload(.alpha, "log:\n    level: debug") {
          $0.message == "reloaded: alpha.log.level info -> debug" && $0.level == "notice"
        }
        #expect(try await isLogged("at-debug"))
        try await deployment.reload(.alpha, "log:\n    level: info") {
          $0.message == "reloaded: alpha.log.level debug -> info"
        }
        #expect(try await !isLogged("at-info-again"))
        try await deployment.reload(.alpha, "log:\n    level: info") {
          $0.message == "reloaded: nothing differs"
        }
        try await deployment.stop(.alpha)
      }
    }

    @Test
    func `orders are approved at once after manual approval became automatic`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let waiting = try await deployment.order(price: 100)
        try await deployment.heard(.alpha, "order.captured applied", waiting)
        try await deployment.reload(.alpha, "approval: automatic") {
          $0.message == "reloaded: alpha.approval manual -> automatic"
        }
        let automatic = try await deployment.order(price: 200)
        try await deployment.finished(automatic)
        #expect(try await deployment.alphaOrder(waiting)["state"] == "captured", "it still waits")
        try await deployment.approve(waiting)
        try await deployment.finished(waiting)
        try await deployment.check([(waiting, .charged), (automatic, .charged)])
      }
    }

    @Test
    func `the limit of commands changes, and the accepted names`() async throws {
      try await withDeployment { deployment in
        let alpha = try await deployment.startByFile(.alpha, "http.rates.local: 0")
        let http = try await alpha.http
        func refused() async throws -> Int {
          var count = 0
          for _ in 1...20 {
            let status = try await http.post("/api/orders/none/approve").status
            #expect(status == 429 || status == 404)
            if status == 429 { count += 1 }
          }
          return count
        }
        func status(at host: String) async throws -> Int {
          let connection = try RawConnection(to: http)
          connection.send("GET /api/settings HTTP/1.1\r\nHost: \(host)\r\n\r\n")
          let answer = await connection.receive(upTo: "}")
          return Int(answer.split(separator: " ").dropFirst().first ?? "") ?? 0
        }
        #expect(try await refused() == 0)
        #expect(try await status(at: "orders.example") == 421)
        try await deployment.reload(
          .alpha, "http.rates.local: 1\n  http.names: orders.example"
        ) { $0.message.hasPrefix("reloaded: alpha.http.names none -> orders.example, ") }
        #expect(try await refused() > 0)
        #expect(try await status(at: "orders.example") == 200)
        try await deployment.reload(.alpha, "http.rates.local: 0") {
          $0.message.contains("alpha.http.rates.local 1 -> 0")
        }
        #expect(try await refused() == 0)
        #expect(try await status(at: "orders.example") == 421)
        try await deployment.stop(.alpha)
      }
    }

    @Test
    func `a file with a problem is refused with its sentences, and the daemon continues`()
      async throws
    {
      try await withDeployment { deployment in
        let notify = try ReadySocket(in: deployment.folder)
        let alpha = try await deployment.startByFile(
          .alpha, "approval: manual", environment: ["NOTIFY_SOCKET": notify.path])
        let path = "\(deployment.folder)/alpha.yaml"
        for (text, says) in [
          ("approval: [", "is not YAML"), ("approval: sometimes", "manual, automatic"),
          ("aproval: automatic", "did you mean alpha.approval?"),
          ("approval: automatic\n  log.level: loud", "alpha.log.level is “loud”"),
        ] {
          let line = try await deployment.reload(.alpha, text, as: "not-reloaded") {
            $0.message.contains(path) && $0.message.contains(says)
          }
          #expect(line.level == "error")
        }
        try FileManager.default.removeItem(atPath: path)
        alpha.child.signal(SIGHUP)
        try await alpha.logged("the missing file") {
          $0.action == "not-reloaded" && $0.message.contains("\(path) cannot be read")
        }
        _ = try await notify.states.first(within: .seconds(20)) {
          $0.hasPrefix("READY=1\nSTATUS=ready") && $0.contains("the last reload was refused")
        }
        #expect(try await alpha.http.get("/readyz").status == 200)
        // Nothing of the refused files was applied, so that this is one change.
        try await deployment.reload(.alpha, "approval: automatic") {
          $0.message == "reloaded: alpha.approval manual -> automatic"
        }
        try await deployment.stop(.alpha)
      }
    }

    @Test
    func `a key that is not reloadable keeps its value, and a warning names it`() async throws {
      try await withDeployment { deployment in
        let alpha = try await deployment.startByFile(.alpha, "http.connections: 200")
        for _ in 1...2 {
          let count = alpha.lines.count
          try await deployment.reload(
            .alpha, "http.connections: 100\n  metrics: false\n  http.patience: 11"
          ) { $0.message.hasPrefix("reloaded: ") }
          let warning = try await alpha.logged("the warning", after: count) {
            $0.action == "restart-needed"
          }
          #expect(warning.level == "warning")
          #expect(
            warning.message.hasPrefix(
              "alpha.http.connections 200 -> 100, alpha.metrics true -> false: not reloadable"))
          #expect(warning.message.contains("Restart the daemon"))
        }
        let reloads = alpha.lines.filter { $0.action == "reloaded" }.map(\.message)
        #expect(
          reloads == ["reloaded: alpha.http.patience 10 -> 11", "reloaded: nothing differs"])
        #expect(try await alpha.http.get("/metrics").status == 200)
        try await deployment.stop(.alpha)
      }
    }

    @Test
    func `the supervisor sees the reload begin and end, and then the shutdown`() async throws {
      try await withDeployment { deployment in
        let notify = try ReadySocket(in: deployment.folder)
        try await deployment.startByFile(
          .alpha, "approval: manual", environment: ["NOTIFY_SOCKET": notify.path])
        try await notify.ready()
        let count = notify.states.all.count
        try await deployment.reload(.alpha, "approval: automatic")
        try await notify.ready(after: 1)
        try await deployment.stop(.alpha)
        let states = notify.states.all.dropFirst(count).map { $0.components(separatedBy: "\n") }
        #expect(states.map { $0[0] } == ["RELOADING=1", "READY=1", "STOPPING=1"])
        let began = try #require(states[0][1].split(separator: "=").last.flatMap { Int64($0) })
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
        #expect(began <= microseconds && began > microseconds - 60_000_000)
        #expect(states[1][1].hasPrefix("STATUS=ready, head "))
      }
    }

    @Test
    func `ten hangups of each daemon under load lose nothing`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let demand = try await deployment.underLoad { load in
          for number in 1...10 {
            for service in ServiceName.allCases {
              try deployment.write(
                "\(service):\n  http.patience: \(10 + number)\n", to: "\(service).yaml")
              deployment[service].child.signal(SIGHUP)
            }
            try await load.progress(3)
          }
        }
        for service in ServiceName.allCases {
          let last = "\(service).http.patience"
          try await deployment[service].logged("the last value") {
            $0.action == "reloaded" && $0.message.hasPrefix("reloaded: \(last) ")
              && $0.message.hasSuffix(" -> 20")
          }
          #expect(deployment.history(service).count == 1)
        }
        try await deployment.check(demand)
      }
    }

    @Test
    func `a hangup while the start waits is applied when the daemon runs`() async throws {
      try await withDeployment { deployment in
        try await deployment.startByFile(.alpha, "approval: manual")
        try await deployment.stop(.alpha)
        let other = try await Stranger(
          deployment.journalFile(.alpha), "SELECT * FROM journal", "BEGIN IMMEDIATE", for: 3)
        let notify = try ReadySocket(in: deployment.folder)
        let alpha = try deployment.launch(.alpha, environment: ["NOTIFY_SOCKET": notify.path])
        try await alpha.logged("that it waits") { $0.message.hasPrefix("the start waits: ") }
        try deployment.write("alpha:\n  approval: automatic\n", to: "alpha.yaml")
        alpha.child.signal(SIGHUP)
        try await other.ended()
        try await alpha.logged("reloaded: alpha.approval manual -> automatic")
        try await alpha.ready()
        try await deployment.stop(.alpha)
        #expect(notify.states.all.count { $0.hasPrefix("READY=1") } <= 2, "none before the start")
        let waits = notify.states.all.filter { $0.hasPrefix("EXTEND_TIMEOUT_USEC=30000000\n") }
        #expect(waits.contains { $0.contains("STATUS=the start waits: ") })
      }
    }
  }
}

extension Deployment {
  /// Starts a daemon whose level of log lines is that of its file or the default, and waits until it
  /// is ready.
  ///
  /// - Parameters:
  ///   - service: which one.
  ///   - keys: the lines of its file, below the service.
  ///   - environment: more variables.
  @discardableResult
  fileprivate func startByFile(
    _ service: ServiceName, _ keys: String, environment: [String: String] = [:]
  ) async throws -> DaemonProcess {
    try write("\(service):\n  \(keys)\n", to: "\(service).yaml")
    let level = "\(service.rawValue.uppercased())_LOG_LEVEL"
    let daemon = try launch(
      service, environment: environment, under: ["/usr/bin/env", "-u", level])
    try await daemon.ready()
    return daemon
  }

  /// Writes a daemon's file, sends SIGHUP, and waits for the line that reports the reload.
  ///
  /// - Parameters:
  ///   - service: which one.
  ///   - keys: the lines of its file, below the service.
  ///   - action: the action of the line.
  ///   - matches: what the line has.
  @discardableResult
  fileprivate func reload(
    _ service: ServiceName, _ keys: String, as action: String = "reloaded",
    where matches: @escaping @Sendable (OutputLine) -> Bool = { _ in true }
  ) async throws -> OutputLine {
    try write("\(service):\n  \(keys)\n", to: "\(service).yaml")
    let count = self[service].lines.count
    self[service].child.signal(SIGHUP)
    return try await self[service].logged("that it reloads", after: count) {
      $0.action == action && matches($0)
    }
  }
}
