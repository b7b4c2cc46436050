import Foundation
import Testing

/// A question that is answered with an error.
struct WireMistake: Sendable, CustomTestStringConvertible {
  let name: String
  let frames: [Data]
  let code: String
  /// The words that the message must contain, for a person to find the mistake.
  let says: String

  var testDescription: String { name }

  init(_ name: String, _ frames: [Data], _ code: String, says: String) {
    self.name = name
    self.frames = frames
    self.code = code
    self.says = says
  }

  init(_ name: String, _ verb: String, _ json: String, _ code: String, says: String) {
    self.init(name, [Data(verb.utf8), Data(json.utf8)], code, says: says)
  }

  /// `HERE` stands for the log's epoch.
  func frames(at epoch: String) -> [Data] {
    frames.map { frame in
      String(data: frame, encoding: .utf8).map { Data($0.replacing("HERE", with: epoch).utf8) }
        ?? frame
    }
  }
}

@Suite("Wire: errors", .timeLimit(.minutes(1)))
struct WireErrorTests {
  static let fetches: [WireMistake] = [
    WireMistake(
      "another stream", "FETCH", #"{"stream":"beta","after":0}"#, "stream", says: "log of alpha"),
    WireMistake(
      "an unknown epoch", "FETCH", #"{"stream":"alpha","after":0,"epoch":"00000000000000ff"}"#,
      "epoch", says: "00000000000000ff"),
    WireMistake(
      "past the head", "FETCH", #"{"stream":"alpha","after":4}"#, "ahead", says: "ends at 3"),
    WireMistake(
      "far past the head", "FETCH", #"{"stream":"alpha","after":18446744073709551615}"#, "ahead",
      says: "ends at 3"),
    WireMistake(
      "another chain", "FETCH",
      #"{"stream":"alpha","after":2,"epoch":"HERE","chain":"000102030405060708090a0b0c0d0e0f"}"#,
      "diverged", says: "before 2"),
    WireMistake(
      "another chain at the head", "FETCH",
      #"{"stream":"alpha","after":3,"epoch":"HERE","chain":"000102030405060708090a0b0c0d0e0f"}"#,
      "diverged", says: "before 3"),
    WireMistake(
      "a chain at 0", "FETCH",
      #"{"stream":"alpha","after":0,"chain":"000102030405060708090a0b0c0d0e0f"}"#, "diverged",
      says: "before 0"),
    WireMistake("no stream", "FETCH", #"{"after":0}"#, "malformed", says: "stream"),
    WireMistake("no place", "FETCH", #"{"stream":"alpha"}"#, "malformed", says: "after"),
    WireMistake(
      "a negative limit", "FETCH", #"{"stream":"alpha","after":0,"limit":-1}"#, "malformed",
      says: "limit"),
    WireMistake(
      "a limit of 0", "FETCH", #"{"stream":"alpha","after":0,"limit":0}"#, "malformed",
      says: "limit"),
    WireMistake(
      "a negative place", "FETCH", #"{"stream":"alpha","after":-1}"#, "malformed", says: "number"),
    WireMistake(
      "a fraction", "FETCH", #"{"stream":"alpha","after":0.5}"#, "malformed", says: "number"),
    WireMistake(
      "a place past 64 bits", "FETCH", #"{"stream":"alpha","after":18446744073709551616}"#,
      "malformed", says: "number"),
    WireMistake(
      "a text for a number", "FETCH", #"{"stream":"alpha","after":"0"}"#, "malformed",
      says: "after"),
    WireMistake(
      "an epoch that is a number", "FETCH", #"{"stream":"alpha","after":0,"epoch":7}"#,
      "malformed", says: "epoch"),
    WireMistake(
      "an epoch that is too short", "FETCH", #"{"stream":"alpha","after":0,"epoch":"ff"}"#,
      "malformed", says: "16 hexadecimal digits"),
    WireMistake(
      "a chain that is too short", "FETCH", #"{"stream":"alpha","after":0,"chain":"ff"}"#,
      "malformed", says: "32 hexadecimal digits"),
  ]

  static let acknowledgements: [WireMistake] = [
    WireMistake(
      "another stream", "ACK", #"{"consumer":"beta","stream":"beta","epoch":"HERE","sequence":1}"#,
      "stream", says: "log of alpha"),
    WireMistake(
      "another epoch", "ACK",
      #"{"consumer":"beta","stream":"alpha","epoch":"00000000000000ff","sequence":1}"#, "epoch",
      says: "00000000000000ff"),
    WireMistake(
      "past the head", "ACK", #"{"consumer":"beta","stream":"alpha","epoch":"HERE","sequence":4}"#,
      "ahead", says: "head, 3"),
    WireMistake(
      "far past the head", "ACK",
      #"{"consumer":"beta","stream":"alpha","epoch":"HERE","sequence":18446744073709551615}"#,
      "ahead", says: "head, 3"),
    WireMistake(
      "a negative number", "ACK",
      #"{"consumer":"beta","stream":"alpha","epoch":"HERE","sequence":-1}"#, "malformed",
      says: "number"),
    WireMistake(
      "a name that is not configured", "ACK",
      #"{"consumer":"mallory","stream":"alpha","epoch":"HERE","sequence":1}"#, "malformed",
      says: "alpha.consumers"),
    WireMistake(
      "an empty name", "ACK", #"{"consumer":"","stream":"alpha","epoch":"HERE","sequence":1}"#,
      "malformed", says: "consumer's name"),
    WireMistake(
      "a name with a zero byte", "ACK",
      #"{"consumer":"x\u0000y","stream":"alpha","epoch":"HERE","sequence":1}"#, "malformed",
      says: "consumer's name"),
    WireMistake(
      "a name of two lines", "ACK",
      #"{"consumer":"x\ny","stream":"alpha","epoch":"HERE","sequence":1}"#, "malformed",
      says: "consumer's name"),
    WireMistake(
      "a name of 65 bytes", "ACK",
      #"{"consumer":"\#(String(repeating: "x", count: 65))","stream":"alpha","epoch":"HERE","#
        + #""sequence":1}"#, "malformed", says: "consumer's name"),
    WireMistake(
      "no epoch", "ACK", #"{"consumer":"beta","stream":"alpha","sequence":1}"#, "malformed",
      says: "epoch"),
  ]

  static let garbage: [WireMistake] = [
    WireMistake("malformed JSON", "FETCH", "{", "malformed", says: "ends too early"),
    WireMistake("no JSON at all", "FETCH", "", "malformed", says: "ends too early"),
    WireMistake("a list", "FETCH", "[]", "malformed", says: "object"),
    WireMistake("a list for STATUS", "STATUS", "[]", "malformed", says: "object"),
    WireMistake("an unknown verb", "PURGE", "{}", "malformed", says: "FETCH, ACK and STATUS"),
    WireMistake("a verb in small letters", "fetch", "{}", "malformed", says: "FETCH"),
    WireMistake("an empty verb", "", "{}", "malformed", says: "FETCH"),
    WireMistake("a verb alone", [Data("FETCH".utf8)], "malformed", says: "two frames"),
    WireMistake("one empty frame", [Data()], "malformed", says: "two frames"),
    WireMistake(
      "an extra frame", ["STATUS", "{}", "{}"].map { Data($0.utf8) }, "malformed",
      says: "two frames"),
    WireMistake(
      "a thousand frames", Array(repeating: Data("x".utf8), count: 1000), "malformed",
      says: "two frames"),
    WireMistake(
      "bytes that are no text", [Data([0xff, 0, 0xfe]), Data([0x80, 0xff])], "malformed",
      says: "verbs"),
    WireMistake(
      "binary for JSON", [Data("ACK".utf8), Data([0xff, 0, 0xfe])], "malformed", says: "byte 0"),
    WireMistake(
      "a frame of 4 KiB", [Data("FETCH".utf8), Data(count: 4 << 10)], "malformed", says: "4 KiB"),
    WireMistake(
      "4 KiB and a byte", "STATUS", #"{"id":""# + String(repeating: "x", count: 4_082) + #""}"#,
      "malformed", says: "4 KiB"),
    WireMistake(
      "JSON four thousand deep", "FETCH", String(repeating: "[", count: 4_000), "malformed",
      says: "32 levels"),
  ]

  @Test(arguments: [("FETCH", fetches), ("ACK", acknowledgements), ("garbage", garbage)])
  func `each mistake has its error and changes nothing`(kind: String, mistakes: [WireMistake])
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      let alpha = try await deployment.launch(.alpha).http
      try await changeSettings(2, at: alpha)
      let before = try await alpha.get("/api/bus").json
      try await wire.asking { log in
        for mistake in mistakes {
          let comment = Comment(rawValue: "\(kind): \(mistake.name)")
          let reply = try await log.ask(mistake.frames(at: before["stream"]["epoch"].text))
          #expect(reply.verb == "ERROR", comment)
          #expect(reply.answer.code == mistake.code, comment)
          let message = try #require(reply.answer.message)
          #expect(message.contains(mistake.says), "\(mistake.name): \(message)")
        }
        #expect(try await log.ask("STATUS", [:]).verb == "STATUS")
      }
      let after = try await alpha.get("/api/bus").json
      #expect(after["stream"] == before["stream"])
      #expect(after["consumers"] == before["consumers"])
      #expect(after["refused"] == JSON(Int64(mistakes.count)))
      #expect(deployment.history(.alpha).count == 1)
    }
  }

  /// A router disconnects a peer that sends a longer frame, and no other.
  @Test
  func `a frame past 4 KiB closes its sender's connection, and nothing else`() async throws {
    try await withWire(of: .alpha) { deployment, wire in
      try deployment.launch(.alpha)
      try await wire.asking { good in
        _ = try await good.ask("STATUS", ["id": 1])
        try await wire.asking { bad in
          try await bad.tell([Data("FETCH".utf8), Data(count: (4 << 10) + 1)])
          // Connected again in the background, it asks once more.
          #expect(try await good.ask("STATUS", ["id": 2]).answer.id == 2)
        }
        #expect(try await good.ask("STATUS", ["id": 3]).answer.id == 3)
      }
    }
  }
}
