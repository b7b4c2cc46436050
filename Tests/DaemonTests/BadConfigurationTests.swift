import Foundation
import Testing

@testable import Daemon

@Suite("What is wrong with a configuration", .timeLimit(.minutes(1)))
struct BadConfigurationTests {
  @Test(
    "an unknown key is an error that names the place, the key and the nearest known one",
    arguments: [
      (
        "file", "delta:\n  http:\n    prot: 1\n",
        ["config/delta.yaml, line 3: delta.http.prot is not a key; did you mean delta.http.port?"]
      ),
      (
        "file", "delta:\n  approval: manual\nalpha:\n  approval: manual\n",
        ["config/delta.yaml, line 4: alpha.approval is not a key of delta."]
      ),
      (
        "file", "delta: [1, [2]]",
        ["config/delta.yaml, line 1: delta is a list whose items are not texts"]
      ),
      (
        "file", "delta:\n  approval:\n", ["config/delta.yaml, line 2: delta.approval has no value."]
      ),
      ("file", "delta: {", ["config/delta.yaml is not YAML"]),
      (
        "variable", "DELTA_HTTP_PROT",
        ["environment DELTA_HTTP_PROT: there is no such key; did you mean DELTA_HTTP_PORT?"]
      ),
      ("variable", "DELTA_WINGS", ["environment DELTA_WINGS: there is no such key"]),
      (
        "flag", "--delta-http-prot",
        ["command line: --delta-http-prot is no option; did you mean --delta-http-port?"]
      ),
      (
        "flag", "--check-confg",
        ["command line: --check-confg is no option; did you mean --check-config?"]
      ),
      ("flag", "word", ["command line: word is no option. --help lists all."]),
      ("flag", "--run", ["command line: --run needs a value"]),
    ])
  func unknown(place: String, what: String, sentences: [String]) async throws {
    try await onMachine { machine in
      switch place {
      case "file": try machine.write(what, to: "config/delta.yaml")
      case "variable": machine.environment[what] = "1"
      default: machine.arguments = [what]
      }
      let (found, status) = machine.problems()
      #expect(found.count == sentences.count)
      for (sentence, expected) in zip(found, sentences) {
        #expect(sentence.contains(expected), "\(sentence)")
      }
      #expect(status == (place == "flag" ? .usage : .configuration))
    }
  }

  @Test("the password of the journal's database is not shown, right or wrong")
  func passwords() async throws {
    try await onMachine { machine in
      machine.environment["DELTA_JOURNAL"] = "postgresql://delta:sesame@db.example/delta"
      let report = try machine.load().report
      #expect(report.contains("delta.journal = postgresql://db.example/delta"))
      #expect(!report.contains("sesame"))
      for address in ["postgresql://delta:sesame@db.example", "mysql://delta:sesame@db.example/a"] {
        machine.environment["DELTA_JOURNAL"] = address
        let (found, status) = machine.problems()
        #expect(found.count == 1)
        #expect(found.first?.contains("DELTA_JOURNAL") == true)
        #expect(found.first?.contains("sesame") == false)
        #expect(status == .configuration)
      }
    }
  }

  @Test("a user for what is no consumer is an error that names both keys")
  func userOfNoConsumer() async throws {
    try await onMachine { machine in
      machine.environment = ["DELTA_CONSUMERS_USERS": "beta=root"]
      let (sentences, status) = machine.problems()
      #expect(status == .configuration)
      #expect(sentences.count == 1)
      let sentence = try #require(sentences.first)
      #expect(sentence.contains("delta.consumers.users names “beta”, and it is no consumer"))
      #expect(sentence.contains("Add it to delta.consumers"))
    }
  }

  @Test(
    "a bad value is an error that names the source, the key, the value and what is allowed",
    arguments: [
      ("http.port", "abc", "must be a whole number from 0 to 65535"),
      ("http.port", "65536", "must be a whole number from 0 to 65535"),
      ("http.port", "", "must be a whole number"),
      ("http.host", "", "must not be empty"),
      ("approval", "perhaps", "must be one of manual, automatic"),
      ("consumers", "a,,b", "must be names with commas between"),
      ("consumers", "a,b c", "a consumer's name is 1 to 64 visible ASCII characters"),
      ("consumers", "é", "a consumer's name is 1 to 64 visible ASCII characters"),
      ("consumers", String(repeating: "a", count: 65), "1 to 64 visible ASCII characters"),
      (
        "consumers", (1...65).map { "c\($0)" }.joined(separator: ","),
        "names 65 consumers; a log has at most 64"
      ),
      ("consumers.users", "overlord", "must be NAME=USER with commas between"),
      ("consumers.users", "=root", "must be NAME=USER with commas between"),
      ("consumers.users", "overlord=no-such-user", "and it is no user of this machine"),
      ("follow.patience", "0", "must be a whole number from 1 to 86400"),
      ("bus.events", "ipc://", "must be ipc://PATH or tcp://HOST:PORT"),
      ("bus.events", "tcp://1.2.3.4", "must be ipc://PATH or tcp://HOST:PORT"),
      ("bus.log", "inproc://x", "must be ipc://PATH or tcp://HOST:PORT"),
      ("follow.alpha.owner", "no-such-user", "must be a user of this machine, by name or number"),
      ("follow.alpha.owner", "4294967295", "must be a user of this machine, by name or number"),
      ("bus.insecure", "perhaps", "must be one of true, false"),
      ("bus.connections", "0", "must be a whole number from 1 to 65536"),
      ("bus.heap", "63", "must be a whole number from 64 to 1048576"),
      ("pins", "thing.made", "cannot be kept: “thing.made” is no pin: write TYPE=VERSION"),
      ("pins", "thing.made=3", "what can be pinned is 1, 2"),
      ("pins", "thing.lost=1", "“thing.lost” is not published here: what can be pinned is of"),
      ("pins", "thing.made=1,thing.made=1", "must be names with commas between, each once"),
      ("pins", "thing.made=1,thing.made=2", "thing.made is pinned twice"),
      ("follow.alpha.log", "ipc:///" + String(repeating: "a", count: 107), "108 bytes"),
    ])
  func badValues(name: String, value: String, allowed: String) async throws {
    try await onMachine { machine in
      machine.environment = [
        "DELTA_" + name.uppercased().replacingOccurrences(of: ".", with: "_"): value
      ]
      let (sentences, status) = machine.problems()
      #expect(sentences.count == 1)
      #expect(status == .configuration)
      let sentence = try #require(sentences.first)
      #expect(sentence.hasPrefix("environment DELTA_"))
      #expect(sentence.contains("delta.\(name) is “\(value)”, and "))
      #expect(sentence.contains(allowed), "\(sentence)")
    }
  }

  @Test("all problems are reported at once")
  func allAtOnce() async throws {
    try await onMachine { machine in
      try machine.write("delta: {http: {port: x, prt: 1}}", to: "config/delta.yaml")
      machine.environment = ["DELTA_APPROVAL": "maybe", "DELTA_SPEED": "9"]
      machine.arguments = ["--delta-workshop-benches", "65", "--colour"]
      let (sentences, status) = machine.problems()
      #expect(sentences.count == 6)
      #expect(status == .configuration)
    }
  }

  @Test("a file that is named and missing is an error, one that is looked for is not")
  func missingFile() async throws {
    try await onMachine { machine in
      machine.arguments = ["--config", "none.yaml"]
      let sentence = try #require(machine.problems().sentences.first)
      #expect(sentence.hasPrefix("\(machine.folder)/none.yaml cannot be read."))
    }
  }
}
