import Foundation
import ZeroMQ

/// A foreign client of one service: its two endpoints, and sockets that know bytes only.
struct WireClient {
  let context: Context
  let events: String
  let log: String

  /// Subscribes to prefixes while the body runs.
  nonisolated(nonsending) func subscribing<Value>(
    _ prefixes: String..., body: nonisolated(nonsending) (inout WireTap) async throws -> Value
  ) async throws -> Value {
    try await context.withSubscriber(connectingTo: [events], prefixes: prefixes) { subscriber in
      var tap = WireTap(subscriber)
      return try await body(&tap)
    }
  }

  /// Talks to the log while the body runs.
  nonisolated(nonsending) func asking<Value>(
    body: nonisolated(nonsending) (inout WireLog) async throws -> Value
  ) async throws -> Value {
    // Requests are small, so a flood of them waits here, and is not dropped.
    var settings = SocketSettings()
    settings.sendMessageBytes = 4 << 10
    return try await context.withDealer(connectingTo: [log], settings: settings) { dealer in
      try await dealer.connected()
      var log = WireLog(dealer)
      return try await body(&log)
    }
  }

  /// The answer to one FETCH of the whole log, or of what comes after a number.
  nonisolated(nonsending) func history(of stream: String, after: UInt64 = 0) async throws
    -> [WireMessage]
  {
    try await asking { log in
      let place: JSON = ["stream": JSON(stringLiteral: stream), "after": JSON(Int64(after))]
      return try await log.ask("FETCH", place).messages
    }
  }
}

/// Gives a test a deployment and a foreign client of one of its services, which may start later.
func withWire(
  of service: ServiceName, environment: [String: String] = [:],
  _ test: (Deployment, WireClient) async throws -> Void
) async throws {
  try await withDeployment(environment: environment) { deployment in
    let context = try Context()
    let path = "ipc://\(deployment.runFolder)/\(service.rawValue)"
    let client = WireClient(context: context, events: path + ".events", log: path + ".log")
    do {
      try await test(deployment, client)
    } catch {
      await context.close()
      throw error
    }
    await context.close()
  }
}

/// A subscription, message by message.
struct WireTap {
  let subscriber: Subscriber
  private var batches: Batches<Message>.AsyncIterator
  private var waiting: ArraySlice<Message> = []

  init(_ subscriber: Subscriber) {
    self.subscriber = subscriber
    batches = subscriber.messages.makeAsyncIterator()
  }

  /// The next message, beat or event.
  nonisolated(nonsending) mutating func next() async throws -> WireMessage {
    while waiting.isEmpty {
      guard let batch = await batches.next(isolation: #isolation) else {
        throw WireFailure("nothing came")
      }
      waiting = batch[...]
    }
    return try WireMessage(Array(waiting.removeFirst().frames))
  }

  /// The next message that is an event, or the next that is a beat.
  nonisolated(nonsending) mutating func next(beat: Bool) async throws -> WireMessage {
    while true {
      let message = try await next()
      if message.header.isBeat == beat { return message }
    }
  }
}

/// A dealer that asks one question after another.
struct WireLog {
  let dealer: Dealer
  private var batches: Batches<Message>.AsyncIterator
  private var waiting: ArraySlice<Message> = []

  init(_ dealer: Dealer) {
    self.dealer = dealer
    batches = dealer.messages.makeAsyncIterator()
  }

  nonisolated(nonsending) func tell(_ frames: [Data]) async throws {
    try await dealer.send([Message(frames)])
  }

  nonisolated(nonsending) func tell(_ verb: String, _ json: JSON) async throws {
    try await tell([Data(verb.utf8), try json.data])
  }

  nonisolated(nonsending) mutating func hear() async throws -> WireReply {
    try WireReply(try await hearFrames())
  }

  nonisolated(nonsending) mutating func hearFrames() async throws -> [Data] {
    while waiting.isEmpty {
      guard let batch = await batches.next(isolation: #isolation) else {
        throw WireFailure("no answer came")
      }
      waiting = batch[...]
    }
    return Array(waiting.removeFirst().frames)
  }

  nonisolated(nonsending) mutating func ask(_ frames: [Data]) async throws -> WireReply {
    try await tell(frames)
    return try await hear()
  }

  nonisolated(nonsending) mutating func ask(_ verb: String, _ json: JSON) async throws -> WireReply
  {
    try await tell(verb, json)
    return try await hear()
  }
}

/// Frames [verb, JSON, (topic, header, body) ...].
struct WireReply {
  let verb: String
  let answer: WireAnswer
  let json: JSON
  let messages: [WireMessage]

  init(_ frames: [Data]) throws {
    guard frames.count >= 2, frames.count % 3 == 2 else {
      throw WireFailure("an answer has \(frames.count) frames")
    }
    verb = String(decoding: frames[0], as: UTF8.self)
    answer = try JSONDecoder().decode(WireAnswer.self, from: frames[1])
    json = try JSON(frames[1])
    messages = try stride(from: 2, to: frames.count, by: 3).map {
      try WireMessage(Array(frames[$0..<$0 + 3]))
    }
  }
}

/// Changes Alpha's settings so many times, which makes as many events.
func changeSettings(_ count: Int, at alpha: HTTPClient, requestID: String = "change") async throws {
  for _ in 0..<count {
    var settings = try await alpha.get("/api/settings").json
    let amount = (settings["fee"]["amount"].int ?? 0) + 1
    settings = [
      "currency": settings["currency"], "fee": ["enabled": true, "amount": JSON(amount)],
      "discount": settings["discount"],
    ]
    let answer = try await alpha.put(
      "/api/settings", settings, headers: ["If-Match": "*", "X-Request-ID": requestID])
    guard answer.status == 200 else { throw WireFailure("no change: \(answer)") }
  }
}

/// Changes Alpha's settings so many times, many at once, which is faster: commits are shared.
func changeSettings(_ count: Int, byManyAt alpha: HTTPClient) async throws {
  let people = 24
  try await withThrowingTaskGroup(of: Void.self) { group in
    for person in 0..<people {
      group.addTask {
        for number in stride(from: person, to: count, by: people) {
          let wanted = settings(fee: 1_000_000 + Int64(number), discount: nil)
          let answer = try await alpha.put("/api/settings", wanted, headers: ["If-Match": "*"])
          guard answer.status == 200 else { throw WireFailure("no change: \(answer)") }
        }
      }
    }
    try await group.waitForAll()
  }
}
