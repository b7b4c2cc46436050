import Foundation
import Glibc
import Testing

extension Stories {
  /// Peers and a machine that take more than their share.
  @Suite("Resource faults", .serialized, .timeLimit(.minutes(2)))
  struct ResourceFaults {
    @Test(arguments: [ServiceName.beta, .charlie])
    func `a daemon that can open no more files neither spins nor loses anything, and recovers`(
      service: ServiceName
    ) async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let demand = try await deployment.underLoad { load in
          try await load.progress(20)
          let daemon = deployment[service]
          let http = try await daemon.http
          let start = ContinuousClock.now
          let before = try daemon.processorTimes
          try await daemon.limitFiles(to: try daemon.openFiles + 4)
          var crowd = try (0..<40).map { _ in try RawConnection(to: http) }
          for connection in crowd {
            connection.send("GET /api/bus HTTP/1.1\r\nHost: localhost\r\n\r\n")
          }
          // The second in which it is measured.
          try await Task.sleep(for: .seconds(1))
          if let after = try? daemon.processorTimes {
            // Work for the load is spread over threads; one that spins has no pause.
            let busiest = after.map { $1 - (before[$0] ?? .zero) }.max() ?? .zero
            let elapsed = ContinuousClock.now - start
            #expect(busiest < elapsed * 0.5, "it does not spin while no client can connect")
            try? await daemon.limitFiles(to: 1024)
          }
          crowd = []
          try await load.progress(20)
          if daemon.child.hasEnded {
            // The journal could not be read, or the runtime itself could not go on: its queues look
            // at their threads by opening files, and trap when they cannot.
            let ending = try await daemon.child.ending()
            #expect([.exited(1), .killed(signal: SIGILL)].contains(ending))
            try await deployment.start(service)
          }
          #expect(try await deployment.http(service).get("/readyz").status == 200)
        }
        try await deployment.check(demand)
      }
    }

    @Test
    func `a crowd of connections takes no files from the journal and the bus`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: [.alpha, .charlie, .overlord])
        let daemon = try await deployment.start(.beta, ["--beta-http-connections", "8"])
        let demand = try await deployment.underLoad { load in
          try await load.progress(20)
          // Enough for the connections that are served and for what the daemon opens by itself, and
          // not for the crowd.
          try await daemon.limitFiles(to: try daemon.openFiles + 32)
          let http = try await daemon.http
          var crowd = try (0..<100).map { _ in try RawConnection(to: http) }
          for connection in crowd {
            connection.send("GET /api/bus HTTP/1.1\r\nHost: localhost\r\n\r\n")
          }
          // Each was answered, refused or closed: then the longest idle one makes room for the next.
          for connection in crowd { _ = await connection.receive(upTo: "}") }
          let next = try RawConnection(to: http)
          next.send("GET /api/bus HTTP/1.1\r\nHost: localhost\r\n\r\n")
          #expect(await next.receive(upTo: "}").hasPrefix("HTTP/1.1 200"))
          crowd = []
          try await load.progress(20)
        }
        #expect(!daemon.child.hasEnded)
        try await deployment.check(demand)
      }
    }

    @Test
    func `sockets whose paths are removed are bound again, and later peers find them`()
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let demand = try await deployment.underLoad { load in
          let places = [ServiceName.alpha, .beta, .charlie].flatMap { service in
            ["events", "log"].map { (service, "\(deployment.runFolder)/\(service).\($0)") }
          }
          for (_, path) in places { try FileManager.default.removeItem(atPath: path) }
          for (service, path) in places {
            try await deployment[service].logged("that \(path) is bound again") {
              $0.message.hasPrefix(path) && $0.message.hasSuffix("is bound again")
            }
          }
          for service in ServiceName.allCases {
            try await deployment[service].kill()
            try await deployment.start(service)
            try await load.progress(5)
          }
        }
        try await deployment.check(demand)
      }
    }

    @Test(arguments: [ServiceName.beta, .overlord])
    func `clients that send half a request, and clients that never read, do no harm`(
      service: ServiceName
    ) async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let daemon = deployment[service]
        let http = try await daemon.http
        let before = try daemon.residentBytes
        var crowd: [RawConnection] = []
        let demand = try await deployment.underLoad { load in
          let half = "POST /api/carts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{"
          let page = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
          let texts = [half, "GET /api", String(repeating: page, count: 100)]
          for text in texts.flatMap({ Array(repeating: $0, count: 5) }) {
            crowd.append(try RawConnection(to: http, window: 4096))
            crowd.last?.send(text)
          }
          try await load.progress(40)
          let answer = try await http.get("/readyz")
          #expect(answer.status == 200)
        }
        #expect(try daemon.residentBytes - before < 64 << 20, "what they may pile up is bounded")
        try await deployment.check(demand)
        // They hold up the daemon to which they have connected until the time for a polite end is
        // over, which takes seconds, and so is tried with one of them.
        if service != .overlord { crowd = [] }
        let began = ContinuousClock.now
        try await deployment.stop(service)
        #expect(ContinuousClock.now - began < .seconds(10), "and hold it up not for long")
      }
    }
  }
}
