import Foundation
import Testing

@Suite("Bad input: configuration", .timeLimit(.minutes(1)))
struct BadInputConfigurationTests {
  /// A file and its refusal; `FILE` is the path of the file.
  static let files: [(String, [String])] = [
    ("alpha:\n  http:\n    prot: 5\n", ["FILE, line 3", "alpha.http.prot", "alpha.http.port?"]),
    ("alpha:\n  colour: red\n", ["FILE, line 2", "alpha.colour", "--help"]),
    ("alpha:\n  http:\n    port: many\n", ["FILE", "alpha.http.port", "“many”", "0 to 65535"]),
    ("alpha:\n  http:\n    port: 65536\n", ["FILE", "alpha.http.port", "“65536”", "0 to 65535"]),
    ("alpha:\n  http:\n    port: -1\n", ["FILE", "alpha.http.port", "“-1”", "0 to 65535"]),
    ("alpha:\n  http:\n    port:\n", ["FILE, line 3", "alpha.http.port", "no value"]),
    ("alpha:\n  approval: sometimes\n", ["FILE", "alpha.approval", "manual, automatic"]),
    ("alpha:\n  log:\n    level: loud\n", ["FILE", "alpha.log.level", "trace, debug"]),
    ("alpha:\n  bus:\n    events: udp://x\n", ["FILE", "alpha.bus.events", "ipc://PATH"]),
    ("alpha:\n  bus:\n    log: tcp://x:0\n", ["FILE", "alpha.bus.log", "tcp://HOST:PORT"]),
    ("alpha:\n  consumers: beta,,beta\n", ["FILE", "alpha.consumers", "commas"]),
    ("alpha:\n  consumers: [be ta]\n", ["FILE", "alpha.consumers", "visible ASCII"]),
    ("alpha:\n  consumers.users: beta=nobody-here\n", ["FILE", "consumers.users", "no user"]),
    ("alpha:\n  consumers.users: zeta=0\n", ["FILE", "names “zeta”", "alpha.consumers"]),
    ("beta:\n  http:\n    port: 5\n", ["FILE", "beta.http.port", "begin with alpha"]),
    ("alpha:\n  http: [\n", ["FILE is not YAML", "line 3", "Correct it"]),
    ("alpha:\n\thttp: 5\n", ["FILE is not YAML", "line 2", "Correct it"]),
    (
      "alpha:\n  approval: manual\n  approval: manual\n", ["FILE is not YAML", "approval", "twice"]
    ),
    ("alpha: {}\n---\nalpha: {}\n", ["FILE is not YAML", "line 2"]),
    ("nonsense", ["FILE", "no key", "“nonsense”"]),
    ("\u{1}\u{2}", ["FILE is not YAML", "UTF-8"]),
  ]

  @Test(arguments: files, [[], ["--check-config"]])
  func `a wrong file is refused with 78, by file, key and remedy`(
    file: (text: String, says: [String]), more: [String]
  ) async throws {
    try await withDeployment { deployment in
      let path = try deployment.write(file.text, to: "bad.yaml")
      let (ending, text) = try await deployment.outcome(
        "alphad", ["--config", path, "--state", "state", "--run", "run"] + more)
      #expect(ending == .exited(78))
      for words in file.says {
        #expect(text.contains(words.replacing("FILE", with: path)), "\(text)")
      }
      #expect(!FileManager.default.fileExists(atPath: deployment.folder + "/state"))
    }
  }

  @Test
  func `all problems are reported at once`() async throws {
    try await withDeployment { deployment in
      let path = try deployment.write("alpha:\n  a: 1\n  http:\n    port: x\n", to: "bad.yaml")
      let (ending, text) = try await deployment.outcome(
        "alphad", ["--config", path, "--no-such-option"], environment: ["ALPHA_HTTP_PROT": "1"])
      #expect(ending == .exited(78))
      for words in ["alpha.a", "alpha.http.port", "--no-such-option", "ALPHA_HTTP_PROT"] {
        #expect(text.contains(words), "\(text)")
      }
    }
  }

  @Test(arguments: [
    (["--no-such-option"], ["--no-such-option", "--help"]),
    (["--alpha-http-prot", "5"], ["--alpha-http-prot", "did you mean --alpha-http-port?"]),
    (["--beta-http-port", "5"], ["--beta-http-port", "--help"]),
    (["start"], ["start", "--help"]),
    (["--state"], ["--alpha-state needs a value"]),
    (["--run", "a", "--run", "b"], ["--run is given twice"]),
  ])
  func `an option that is none is refused with 64`(arguments: [String], says: [String])
    async throws
  {
    try await withDeployment { deployment in
      let (ending, text) = try await deployment.outcome("alphad", arguments)
      #expect(ending == .exited(64))
      for words in says { #expect(text.contains(words), "\(text)") }
    }
  }

  @Test
  func `a file that is not there is refused with 78`() async throws {
    try await withDeployment { deployment in
      let (ending, text) = try await deployment.outcome("alphad", ["--config", "none.yaml"])
      #expect(ending == .exited(78))
      #expect(text.contains("\(deployment.folder)/none.yaml cannot be read"))
    }
  }

  @Test(arguments: ServiceName.allCases)
  func `--check-config prints every value with its source, and exits with 0`(service: ServiceName)
    async throws
  {
    try await withDeployment { deployment in
      let name = service.rawValue
      let path = try deployment.write("\(name):\n  http:\n    port: 4000\n", to: "good.yaml")
      let (ending, text) = try await deployment.outcome(
        service.program, ["--check-config", "--config", path, "--state", "state"],
        environment: ["\(name.uppercased())_LOG_LEVEL": "debug"])
      #expect(ending == .exited(0))
      for (value, source) in [
        ("\(name).http.port = 4000", "file \(path)"),
        ("\(name).log.level = debug", "environment \(name.uppercased())_LOG_LEVEL"),
        ("\(name).state = \(deployment.folder)/state", "command line"),
        ("\(name).http.host = 127.0.0.1", "default"),
      ] {
        let line = text.split(separator: "\n").first { $0.hasPrefix(value + " ") }
        #expect(line?.hasSuffix("# \(source)") == true, "\(text)")
      }
    }
  }

  @Test
  func `a socket's path over 107 bytes is refused, and one of 107 is bound`() async throws {
    try await withDeployment { deployment in
      // `/charlie.events` is the longest name that Alpha puts into the folder.
      let room = 107 - "/charlie.events".utf8.count - deployment.folder.utf8.count - 1
      for (count, fits) in [(room, true), (room + 1, false)] {
        let run = "\(deployment.folder)/\(String(repeating: "r", count: count))"
        let path = try deployment.write("alpha:\n", to: "empty.yaml")
        let (ending, text) = try await deployment.outcome(
          "alphad", ["--check-config", "--config", path, "--run", run])
        #expect(ending == .exited(fits ? 0 : 78))
        #expect(fits || (text.contains("108 bytes") && text.contains("at most 107")), "\(text)")
        #expect(fits || text.contains("alpha.follow.charlie.events"))
        #expect(fits || text.contains("--run"))
      }
    }
  }
}
