import Testing

extension Stories {
  /// Daemons on hosts of their own, whose cables are cut.
  @Suite(
    "Network faults", .serialized, .timeLimit(.minutes(2)),
    .enabled("network namespaces are not permitted here: they need root, and the program ip") {
      await mayMakeNetworks()
    })
  struct NetworkFaults {
    /// People continue: they reach each service on its own host.
    private func cutting(
      _ body: (Deployment, Network, Load) async throws -> Void
    ) async throws {
      try await withNetwork { network in
        try await withDeployment(on: network) { deployment in
          try await deployment.start(all: ServiceName.allCases)
          let shape = Load.Shape(pause: .milliseconds(300), changes: .milliseconds(600))
          let demand = try await deployment.underLoad(shape) { load in
            try await load.progress()
            try await body(deployment, network, load)
            try await load.progress()
          }
          try await deployment.check(demand)
        }
      }
    }

    @Test
    func `a service without a network is away, and all get the missed events when it is back`()
      async throws
    {
      try await cutting { deployment, network, load in
        try await network.cut(.alpha)
        for follower in [ServiceName.beta, .charlie, .overlord] {
          try await deployment[follower].misses(.alpha)
        }
        try await deployment[.alpha].misses(.beta)
        try await network.mend(.alpha)
        for follower in [ServiceName.beta, .charlie, .overlord] {
          try await deployment[follower].hearsAgain(.alpha)
        }
        try await deployment[.alpha].hearsAgain(.beta)
      }
    }

    @Test
    func `messages from one service to another are lost, one way only, and recovered in the end`()
      async throws
    {
      try await cutting { deployment, network, load in
        let told = deployment[.beta].lines.count
        try await network.lose(from: .alpha, to: .charlie)
        try await deployment[.charlie].misses(.alpha)
        let lines = deployment[.beta].lines.dropFirst(told)
        #expect(!lines.contains { $0.message.hasPrefix("no message from") }, "its way is free")
        try await network.find(from: .alpha, to: .charlie)
        try await deployment[.charlie].hearsAgain(.alpha)
      }
    }

    @Test
    func `daemons that are killed and started while the network is down find each other again`()
      async throws
    {
      try await cutting { deployment, network, load in
        for service in [ServiceName.beta, .overlord] { try await network.cut(service) }
        try await load.progress()
        for service in [ServiceName.beta, .alpha] {
          try await deployment[service].kill()
          // It does not wait: the followed service is away.
          try await deployment.start(service)
        }
        try await load.progress()
        for service in [ServiceName.beta, .overlord] { try await network.mend(service) }
        for service in [ServiceName.beta, .overlord] {
          try await deployment[service].hearsAgain(.alpha)
        }
        try await deployment[.alpha].hearsAgain(.beta)
      }
    }
  }
}

extension DaemonProcess {
  /// Waits until it reports that a stream is silent.
  fileprivate func misses(_ stream: ServiceName) async throws {
    try await logged("that no message comes from \(stream)") {
      $0.message.hasPrefix("no message from \(stream)")
    }
  }

  /// Waits until it is up to date with a stream that was silent.
  ///
  /// It may take as long as TCP waits before it tries again, which is as long as it was silent.
  fileprivate func hearsAgain(_ stream: ServiceName) async throws {
    let away = lines.lastIndex { $0.message.hasPrefix("no message from \(stream)") } ?? 0
    try await logged("that it follows \(stream) again", after: away, within: .seconds(40)) {
      $0.message.hasPrefix("following \(stream) live from ")
    }
  }
}
