import Events
import Foundation
import GRDB
import Synchronization
import Testing
import ZeroMQ

/// A publisher whose log is of no use: row S17, row #26 and damaged events.
@Suite("Adversary: logs that cannot be followed", .serialized, .timeLimit(.minutes(1)))
struct AdversaryCourierLogs {
  /// Row S17.
  @Test
  func `a follower whose answers are unusable reports it everywhere, and then continues`()
    async throws
  {
    try await withDeployment(environment: ["BETA_FOLLOW_PATIENCE": "2"]) { deployment in
      let isMended = Mutex(false)
      try await withFalseLog(of: "alpha", in: deployment) { question in
        guard isMended.withLock({ $0 }) else { return [Data("EVENTS".utf8), Data("{".utf8)] }
        return try emptyAnswer(to: question)
      } _: {
        let beta = try deployment.launch(.beta)
        try await beta.logged("that it is stalled", within: .seconds(30)) {
          $0.level == "error"
            && $0.message.hasPrefix("following alpha is stalled: no progress for 2 s")
            && $0.message.contains("cannot be read")
        }
        let http = try await beta.http
        let ready = try await http.get("/readyz")
        #expect(ready.status == 503)
        #expect(ready.json["reasons"][0].text.contains("alpha: no progress for 2 s"))
        let status = try await deployment.eventually("status", "beta", "--beta", http.base, ends: 1)
        #expect(status.text.contains("no progress for 2 s"), "\(status.text)")
        #expect(beta.lines.filter { $0.message.contains("no event and no beat") }.count < 6)

        isMended.withLock { $0 = true }
        try await beta.logged("that it goes on") { $0.message == "following alpha goes on" }
        while try await http.get("/readyz").status != 200 {}
      }
    }
  }

  /// Row #26.
  @Test
  func `an event whose subject differs from its data is a dead letter`() async throws {
    try await withDeployment { deployment in
      let golden = try goldenOrder { $0.replacing(#""subject":"019e"#, with: #""subject":"119e"#) }
      try await withFalseLog(of: "beta", in: deployment) { question in
        try oneEvent(golden, to: question)
      } _: {
        let alpha = try deployment.launch(.alpha)
        try await alpha.logged("the dead letter") {
          $0.message.hasPrefix("order.captured is a dead letter")
            && $0.message.contains("contradicts itself")
        }
        let http = try await alpha.http
        let letters = try await http.get("/api/dead-letters").json["deadLetters"].list
        #expect(letters.map { $0["subject"].text } == ["119e0c5a-7b00-7001-8001-000000000001"])
        #expect(letters[0]["reason"].text.contains("its subject is “119e0c5a"))
        #expect(try await http.get("/api/orders").json["orders"].list == [])
      }
    }
  }

  @Test
  func `an event that is damaged on the disk is never sent, and the publisher names its place`()
    async throws
  {
    try await withWire(of: .alpha) { deployment, wire in
      try await changeSettings(4, at: try await deployment.start(.alpha).http)
      try await deployment.stop(.alpha)
      try await DatabaseQueue(path: deployment.journal(.alpha)).write { database in
        var body = try #require(
          try Data.fetchOne(database, sql: "SELECT body FROM log WHERE sequence = 3"))
        body[120] ^= 1
        try database.execute(sql: "UPDATE log SET body = ? WHERE sequence = 3", arguments: [body])
      }
      let alpha = try await deployment.start(.alpha)
      try await wire.asking { log in
        let first = try await log.ask("FETCH", ["stream": "alpha", "after": 0])
        #expect(first.messages.map(\.header.sequence) == [1, 2])
        #expect(first.answer.through == 2)
        let second = try await log.ask("FETCH", ["stream": "alpha", "after": 2])
        #expect(second.answer.code == "damaged")
        #expect(second.answer.message?.contains("damaged at 3") == true)
        #expect(try await log.ask("FETCH", ["stream": "alpha", "after": 3]).messages.count == 2)
      }
      try await alpha.logged("where it is damaged") {
        $0.level == "critical" && $0.message.contains("run eventually verify alpha")
      }
      let ready = try await alpha.http.get("/readyz")
      #expect(ready.status == 503)
      #expect(ready.json["reasons"][0].text.contains("damaged at 3"))
      let beta = try deployment.launch(.beta)
      let line = try await beta.stopped(following: .alpha)
      #expect(line.message.contains("damaged: the log is damaged at 3"))
    }
  }
}

/// Answers FETCH in the place of a service's log, while the body runs.
private func withFalseLog(
  of stream: String, in deployment: Deployment,
  answer: @escaping @Sendable (JSON) throws -> [Data], _ body: () async throws -> Void
) async throws {
  try FileManager.default.createDirectory(
    atPath: deployment.runFolder, withIntermediateDirectories: true)
  let context = try Context()
  let endpoint = "ipc://\(deployment.runFolder)/\(stream).log"
  do {
    try await context.withRouter(binding: [endpoint]) { router in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for await messages in router.messages {
            for message in messages where message.frames[1] == Data("FETCH".utf8) {
              let frames = try answer(try JSON(message.frames[2]))
              try await router.send([Message([message.frames[0]] + frames)])
            }
          }
        }
        defer { group.cancelAll() }
        try await body()
      }
    }
  } catch {
    await context.close()
    throw error
  }
  await context.close()
}

/// An empty log's answer to a question.
private func emptyAnswer(to question: JSON) throws -> [Data] {
  let answer: JSON = [
    "id": question["id"], "stream": question["stream"], "epoch": "0123456789abcdef",
    "after": question["after"], "through": 0, "head": 0, "floor": 1,
    "chain": JSON(stringLiteral: wireChainZero.wireHex),
  ]
  return [Data("EVENTS".utf8), try answer.data]
}

/// The answer of a log with one event to a question.
private func oneEvent(_ event: [Data], to question: JSON) throws -> [Data] {
  let answer: JSON = [
    "id": question["id"], "stream": question["stream"], "epoch": "0123456789abcdef",
    "after": question["after"], "through": 1, "head": 1, "floor": 1,
    "chain": JSON(stringLiteral: Data(event[1].suffix(16)).wireHex),
  ]
  return [Data("EVENTS".utf8), try answer.data] + (question["after"] == 0 ? event : [])
}

/// The golden event of the wire with a body that a test has changed.
private func goldenOrder(_ change: (String) -> String) throws -> [Data] {
  let folder = URL(fileURLWithPath: #filePath).appending(path: "../../../SchemaTests/Golden/wire")
    .standardized
  func text(_ end: String) throws -> String {
    let file = folder.appending(path: "order.captured.v2.\(end)")
    return try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
  }
  let topic = Data(try text("topic").utf8)
  let body = Data(change(try text("body.json")).utf8)
  let bytes = try #require(Data(hex: try text("header.hex")))
  var header = try #require(Header(bytes: bytes))
  let message = try WireMessage([topic, bytes, body])
  header.chain = try #require(Chain(wireChain(after: wireChainZero, message)))
  return [topic, header.bytes, body]
}
