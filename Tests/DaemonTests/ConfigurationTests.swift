import Journal
import Testing

@testable import Daemon

@Suite("Configuration", .timeLimit(.minutes(1)))
struct ConfigurationTests {
  @Test("without anything, every key has its default")
  func defaults() async throws {
    try await onMachine { machine in
      let configuration = try machine.load()
      #expect(configuration[HTTPKeys.host] == "127.0.0.1")
      #expect(configuration[DeltaRoom.benches] == 8)
      #expect(configuration[ConsumerKeys.consumers()] == ["overlord"])
      #expect(configuration[StateKeys.folder] == "/var/lib/eventually/delta")
      #expect(configuration[BusKeys.events] == "ipc:///run/eventually/delta.events")
      #expect(configuration[FollowKeys.log(of: "alpha")] == ["ipc:///run/eventually/alpha.log"])
      #expect(configuration.entries.allSatisfy { $0.source == .fallback })
    }
  }

  @Test("the command line goes over the environment, that over the file, that over the default")
  func precedence() async throws {
    try await onMachine { machine in
      func source() throws -> (Int, String) {
        let configuration = try machine.load()
        let entry = try #require(
          configuration.entries.first { $0.key.name == "workshop.benches" })
        return (configuration[DeltaRoom.benches], "\(entry.source)")
      }
      #expect(try source() == (8, "default"))
      try machine.write("delta:\n  workshop:\n    benches: 2\n", to: "config/delta.yaml")
      #expect(try source() == (2, "file \(machine.folder)/config/delta.yaml"))
      machine.environment["DELTA_WORKSHOP_BENCHES"] = "3"
      #expect(try source() == (3, "environment DELTA_WORKSHOP_BENCHES"))
      machine.arguments = ["--delta-workshop-benches", "4"]
      #expect(try source() == (4, "command line"))
      machine.arguments = ["--delta-workshop-benches=5"]
      #expect(try source() == (5, "command line"))
    }
  }

  @Test("a list may be written with commas, as a list of YAML, or be empty")
  func lists() async throws {
    try await onMachine { machine in
      machine.arguments = ["--delta-consumers", "beta, charlie"]
      #expect(try machine.load()[ConsumerKeys.consumers()] == ["beta", "charlie"])
      machine.arguments = ["--delta-consumers="]
      #expect(try machine.load()[ConsumerKeys.consumers()] == [])
      machine.arguments = []
      try machine.write("delta: {consumers: [beta, charlie]}", to: "config/delta.yaml")
      #expect(try machine.load()[ConsumerKeys.consumers()] == ["beta", "charlie"])
      try machine.write("delta: {consumers: \"\"}", to: "config/delta.yaml")
      #expect(try machine.load()[ConsumerKeys.consumers()] == [])
    }
  }

  @Test("a followed stream has an address of its log for each of its events")
  func replicasOfStreams() async throws {
    try await onMachine { machine in
      machine.arguments = ["--delta-follow-alpha-events", "ipc:///a.events,ipc:///b.events"]
      let refused = #expect(throws: ConfigurationProblems.self) { try machine.load() }
      #expect(
        refused.map { "\($0)" }?.contains("delta.follow.alpha.log needs one address for each of")
          == true)
      machine.arguments += ["--delta-follow-alpha-log", "ipc:///a.log,ipc:///b.log"]
      let events = try machine.load()[FollowKeys.events(of: "alpha")]
      #expect(events == ["ipc:///a.events", "ipc:///b.events"])
    }
  }

  @Test("a replica needs a journal that processes can share, and a name")
  func replicas() async throws {
    try await onMachine { machine in
      machine.arguments = ["--delta-replica", "a"]
      let refused = #expect(throws: ConfigurationProblems.self) { try machine.load() }
      #expect(
        refused.map { "\($0)" }?.contains("Set delta.journal to a database of PostgreSQL") == true)
      machine.arguments = ["--delta-replica", "a/b"]
      #expect(throws: ConfigurationProblems.self) { try machine.load() }
      machine.arguments = []
      let alone = try machine.load()
      #expect(alone.replica == nil)
    }
  }

  @Test("a file whose keys are all commented out is a file")
  func emptyFile() async throws {
    try await onMachine { machine in
      try machine.write("delta:\n  http:\n    # port: 1\n  # state: x\n", to: "config/delta.yaml")
      #expect(try machine.load().entries.allSatisfy { $0.source == .fallback })
      try machine.write("# nothing\n", to: "config/delta.yaml")
      #expect(try machine.load().file == "\(machine.folder)/config/delta.yaml")
    }
  }

  @Test(
    "the run directory is --run, else EVENTUALLY_RUN, else ./.eventually/run, else the system's")
  func runDirectory() async throws {
    try await onMachine { machine in
      #expect(try machine.load().runFolder == "/run/eventually")
      try machine.write("", to: ".eventually/run/x")
      #expect(try machine.load().runFolder == "\(machine.folder)/.eventually/run")
      #expect(try machine.load()[StateKeys.folder] == "\(machine.folder)/.eventually/delta")
      machine.environment["EVENTUALLY_RUN"] = "/tmp/r"
      #expect(try machine.load().runFolder == "/tmp/r")
      machine.arguments = ["--run", "./here/", "--state", "there"]
      let configuration = try machine.load()
      #expect(configuration.runFolder == "\(machine.folder)/here")
      #expect(configuration[BusKeys.log] == "ipc://\(machine.folder)/here/delta.log")
      #expect(configuration[StateKeys.folder] == "\(machine.folder)/there")
    }
  }

  @Test("variables of other programs are left alone")
  func otherVariables() async throws {
    try await onMachine { machine in
      machine.environment = ["DELTA": "x", "ALPHA_HTTP_PORT": "x"]
      #expect(machine.problems().sentences.isEmpty)
    }
  }

  @Test("the users of a consumer are read by number and by name")
  func consumerUsers() async throws {
    try await onMachine { machine in
      machine.environment = [
        "DELTA_CONSUMERS": "overlord,beta", "DELTA_CONSUMERS_USERS": "beta=root, beta=1234",
      ]
      let expected = try machine.load().expectedConsumers
      #expect(expected.names == ["overlord", "beta"])
      #expect(expected.users == ["beta": [0, 1_234]])
    }
  }

  @Test("an older version is pinned from each source, and so is nothing")
  func pins() async throws {
    try await onMachine { machine in
      #expect(try machine.load()[PublishingKeys.pins()] == [])
      try machine.write("delta: {pins: [thing.made=2]}", to: "config/delta.yaml")
      #expect(try machine.load()[PublishingKeys.pins()] == ["thing.made=2"])
      machine.environment["DELTA_PINS"] = "thing.made=1"
      #expect(try machine.load()[PublishingKeys.pins()] == ["thing.made=1"])
      for arguments in [["--delta-pins", "thing.made=2"], ["--delta-pins=thing.made=2"]] {
        machine.arguments = arguments
        #expect(try machine.load()[PublishingKeys.pins()] == ["thing.made=2"])
      }
      machine.arguments = ["--delta-pins="]
      #expect(try machine.load()[PublishingKeys.pins()] == [])
    }
  }

  @Test("a socket's path of 107 bytes is taken")
  func longestPath() async throws {
    try await onMachine { machine in
      machine.environment["DELTA_BUS_LOG"] = "ipc:///" + String(repeating: "a", count: 106)
      #expect(machine.problems().sentences.isEmpty)
    }
  }
}
