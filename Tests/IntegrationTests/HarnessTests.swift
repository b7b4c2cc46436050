import Glibc
import Testing

extension Stories {
  @Suite("Harness", .serialized, .timeLimit(.minutes(1)))
  struct HarnessTests {
    @Test(.timeLimit(.minutes(1)))
    func `four daemons start, are ready, answer, and end at SIGTERM with 0`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        for service in ServiceName.allCases {
          let answer = try await deployment.http(service).get("/readyz")
          #expect(answer.status == 200)
          #expect(answer.json["status"] == "ready")
        }
        for service in ServiceName.allCases {
          try await deployment.stop(service)
        }
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a daemon that cannot start ends, and a wait for it fails at once`() async throws {
      try await withDeployment { deployment in
        let alpha = try deployment.launch(.alpha, ["--no-such-option"])
        await #expect(throws: WaitFailure.self) { try await alpha.ready() }
        #expect(try await alpha.child.ending() == .exited(64))
      }
    }
  }
}
