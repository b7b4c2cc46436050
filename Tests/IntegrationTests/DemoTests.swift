import Glibc
import Testing

extension Stories {
  /// `eventually demo` on the real daemons.
  @Suite("Demo", .serialized, .timeLimit(.minutes(1)))
  struct DemoStories {
    @Test(arguments: [[:], .automatic])
    func `all five points are played, and the settings are put back`(
      environment: [String: String]
    ) async throws {
      try await withDeployment(environment: environment) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        try await deployment.change(fee: 700, discount: 300, heardBy: .beta)
        let found = try await deployment.settingsInForce()
        let addresses = try await deployment.addresses()
        let demo = try await deployment.eventually(["demo", "--json"] + addresses)
        #expect(demo.objects.map { $0["point"].int } == [1, 2, 3, 4, 5], "\(demo.text)")
        // 10.00 and the promised 12.00, less 3.00; the fee was 17.00 when the order was captured.
        #expect(demo.objects[1]["sentences"][2].text.hasSuffix("19.00 USD, as promised."))
        #expect(demo.objects[2]["sentences"][0].text.contains("19.00 USD"))
        #expect(demo.objects[3]["sentences"].list.count == 5)
        let trace = demo.objects[4]["sentences"].list.map(\.text).joined(separator: "\n")
        for topic in [
          "beta/order.captured/v2/", "alpha/order.approved/v2/", "charlie/order.charged/v1/",
          "alpha/order.finalized/v1/",
        ] {
          #expect(trace.contains(topic), "\(trace)")
        }
        for point in demo.objects { #expect(!point["pages"].list.isEmpty) }
        let now = try await deployment.settingsInForce()
        #expect(now["fee"] == found["fee"] && now["discount"] == found["discount"])
        #expect(now["version"] == 1004, "two changes, and one back")
      }
    }

    @Test
    func `with --step it waits for Return, and Ctrl-C puts the settings back`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let found = try await deployment.settingsInForce()
        let demo = try await deployment.demoByStep()
        _ = try await demo.line("the second point") { $0.text.hasPrefix("2 of 5.") }
        #expect(try await deployment.settingsInForce()["fee"] != found["fee"])
        demo.signal(SIGINT)
        #expect(try await demo.ending() == .exited(128 + SIGINT))
        #expect(try await deployment.settingsInForce()["fee"] == found["fee"])
      }
    }

    @Test
    func `settings that another person has changed meanwhile stay`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let demo = try await deployment.demoByStep()
        _ = try await demo.line("the second point") { $0.text.hasPrefix("2 of 5.") }
        try await deployment.change(fee: 1234, discount: nil)
        demo.signal(SIGTERM)
        #expect(try await demo.ending() == .exited(128 + SIGTERM))
        #expect(try await deployment.settingsInForce()["fee"]["amount"] == 1234)
        _ = try await demo.line("its last sentence") { $0.text.contains("changed by another") }
      }
    }

    @Test
    func `a service that is away is exit code 69, and the settings are put back`() async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let addresses = try await deployment.addresses()
        try await deployment[.charlie].kill()
        let demo = try await deployment.eventually(["demo"] + addresses, ends: 69)
        #expect(demo.text.contains("charlie cannot be reached"), "\(demo.text)")
        #expect(try await deployment.settingsInForce()["fee"]["amount"] == 2500)
        #expect(try await deployment.settingsInForce()["version"] == 1002)
      }
    }
  }
}

extension Deployment {
  /// A demo that has been given one Return: its first point is played, and the second one waits.
  fileprivate func demoByStep() async throws -> ChildProcess {
    try shell(
      "mkfifo keys && exec 3<>keys && echo >&3 && exec \"$0\" \"$@\" <&3",
      [try Programs.path("eventually"), "demo", "--step"] + (try await addresses()))
  }

  fileprivate func settingsInForce() async throws -> JSON {
    try await http(.alpha).get("/api/settings").json
  }
}
