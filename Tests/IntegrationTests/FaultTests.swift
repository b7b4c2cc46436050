import Glibc
import Testing

/// The phase of a daemon at the time of the fault.
enum Phase: CaseIterable, Sendable {
  /// It listens, and is not ready.
  case starting
  /// It has applied the first events that it missed, and waits for more.
  case catchingUp
  case live
  /// It was asked to stop, and has a request to finish.
  case stopping
}

/// The fault of a daemon.
enum Blow: CaseIterable, Sendable {
  /// SIGKILL.
  case kill
  /// SIGSTOP, and SIGCONT when the others have gone on.
  case pause
  /// SIGTERM.
  case terminate
}

extension Stories {
  /// Each daemon under load, killed, stopped and ended in each phase of its life.
  @Suite("Faults", .serialized, .timeLimit(.minutes(2)))
  struct Faults {
    @Test(arguments: ServiceName.allCases)
    func `after any signal to a daemon, in any phase, nothing is lost and nothing is twice`(
      service: ServiceName
    ) async throws {
      try await withDeployment { deployment in
        try await deployment.withTurnstile(before: service.follows[0]) { turnstile in
          try await deployment.start(all: ServiceName.allCases)
          let demand = try await deployment.underLoad { load in
            let victim = Victim(service, deployment, turnstile, load)
            for phase in Phase.allCases {
              for blow in Blow.allCases { try await victim.suffer(blow, in: phase) }
            }
            try await load.progress()
          }
          try await deployment.check(demand)
        }
      }
    }

    @Test
    func `all four are killed at once under load, again and again`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let demand = try await deployment.underLoad { load in
          for _ in 1...3 {
            try await load.progress(20)
            for service in ServiceName.allCases { deployment[service].child.signal(SIGKILL) }
            for service in ServiceName.allCases { try await deployment[service].kill() }
            try await deployment.start(all: ServiceName.allCases)
          }
        }
        try await deployment.check(demand)
      }
    }
  }
}

/// A daemon to which things happen.
private struct Victim {
  let service: ServiceName
  let deployment: Deployment
  let turnstile: Turnstile
  let load: Load

  init(_ service: ServiceName, _ deployment: Deployment, _ turnstile: Turnstile, _ load: Load) {
    self.service = service
    self.deployment = deployment
    self.turnstile = turnstile
    self.load = load
  }

  /// The daemon, behind the turnstile.
  private func launch() throws -> DaemonProcess {
    try deployment.launch(
      service, ["--\(service)-follow-\(service.follows[0])-log", turnstile.endpoint])
  }

  /// Brings the daemon into a phase of its life, strikes it, and has it run again.
  func suffer(_ blow: Blow, in phase: Phase) async throws {
    try await load.progress()
    switch phase {
    case .starting:
      try await deployment.stop(service)
      let process = try launch()
      _ = try await process.http
      try await strike(process, blow)
    case .catchingUp:
      try await deployment.stop(service)
      try await load.progress(12)
      turnstile.narrow(to: 3)
      try await turnstile.passed(3) { _ = try launch() }
      try await strike(deployment[service], blow)
      turnstile.open()
    case .live:
      try await strike(deployment[service], blow)
    case .stopping:
      try await strike(whileStopping: deployment[service], blow)
    }
    if deployment[service].child.hasEnded { _ = try launch() }
    try await deployment[service].ready()
  }

  private func strike(_ process: DaemonProcess, _ blow: Blow) async throws {
    switch blow {
    case .kill: try await process.kill()
    case .pause: try await pause(process)
    case .terminate: #expect(try await process.terminate() == .exited(0), "\(process.lines.last)")
    }
  }

  private func pause(_ process: DaemonProcess) async throws {
    process.pause()
    try await load.progress()
    process.resume()
  }

  /// A request whose body is not all there keeps the daemon from its end.
  private func strike(whileStopping process: DaemonProcess, _ blow: Blow) async throws {
    let connection = try RawConnection(to: try await process.http)
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    connection.send("POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")
    _ = await connection.receive(upTo: "}")
    process.child.signal(SIGTERM)
    try await process.logged("stopping")
    let ending: Ending
    switch blow {
    case .kill:
      try await process.kill()
      return
    case .pause:
      try await pause(process)
      connection.send("}")
      ending = .exited(0)
    case .terminate:
      // The second one is for a person who does not want to wait.
      process.child.signal(SIGTERM)
      ending = .exited(128 + SIGTERM)
    }
    #expect(try await process.child.ending() == ending)
  }
}
