import Events
import Foundation
import Runtime
import Synchronization
import ZeroMQ

/// A publisher in Alpha's place, made by hand, so that a test can send messages that Alpha does not
/// send, and lose any of them.
final class ForgedAlpha: Sendable {
  private let publisher: Publisher
  private let log = Mutex<[Record]>([])
  /// The questions of followers for events, each when its answer is fixed.
  let questions = Chronicle<JSON>()
  private let subscriptions = Chronicle<Void>()

  private static let epoch = Epoch(0x0123_4567_89ab_cdef)

  fileprivate init(_ publisher: Publisher) {
    self.publisher = publisher
  }

  /// Writes an event to the log, and publishes it.
  ///
  /// - Parameter isLost: whether no follower receives it.
  func publish(
    _ data: JSON, as type: String = "settings.changed", version: UInt16 = 1,
    leastReader: UInt16 = 1, isLost: Bool = false
  ) async throws {
    let topic = Topic(stream: "alpha", type: type, version: version)
    let body = try (["data": data, "novel": [1, ["deep": .null]]] as JSON).data
    let record = log.withLock { log in
      let sequence = UInt64(log.count) + 1
      let chain = (log.last?.header.chain ?? .zero).appending(topic: topic, body: body)
      let header = Header(
        schemaVersion: version, leastReader: leastReader, epoch: Self.epoch, sequence: sequence,
        committedAt: Timestamp(microseconds: sequence), chain: chain)
      log.append(Record(topic: topic, header: header, body: body))
      return Record(topic: topic, header: header, body: body)
    }
    if !isLost { try await publisher.send([Message(record.frames)]) }
  }

  /// Waits until a subscriber receives the published events.
  func hasSubscriber() async throws {
    _ = try await subscriptions.first(within: .seconds(20)) { true }
  }

  fileprivate func notice() async {
    for await changes in publisher.changes {
      for change in changes {
        if case .subscribed = change { subscriptions.append(()) }
      }
    }
  }

  /// Answers FETCH, and nothing else.
  fileprivate func answer(with router: Router) async throws {
    for await messages in router.messages {
      for message in messages where message.frames[1] == Data("FETCH".utf8) {
        let question = try JSON(message.frames[2])
        let frames = try log.withLock { try reply(to: question, from: $0) }
        questions.append(question)
        try await router.send([Message([message.frames[0]] + frames)])
      }
    }
  }

  private func reply(to question: JSON, from log: [Record]) throws -> [Data] {
    let after = Int(question["after"].int ?? 0)
    let chain = log.last?.header.chain ?? .zero
    let end = JSON(Int64(log.count))
    let answer: JSON = [
      "id": question["id"], "stream": "alpha", "epoch": "\(Self.epoch)",
      "after": question["after"], "through": end, "head": end, "floor": 1, "chain": "\(chain)",
    ]
    return [Data("EVENTS".utf8), try answer.data] + log.dropFirst(after).flatMap(\.frames)
  }
}

/// Gives a test a publisher at Alpha's addresses.
func withForgedAlpha(
  in deployment: Deployment, _ test: (ForgedAlpha) async throws -> Void
) async throws {
  try FileManager.default.createDirectory(
    atPath: deployment.runFolder, withIntermediateDirectories: true)
  let context = try Context()
  let path = "ipc://\(deployment.runFolder)/alpha"
  do {
    try await context.withPublisher(binding: [path + ".events"]) { publisher in
      try await context.withRouter(binding: [path + ".log"]) { router in
        let alpha = ForgedAlpha(publisher)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await alpha.notice() }
          group.addTask { try await alpha.answer(with: router) }
          defer { group.cancelAll() }
          try await test(alpha)
        }
      }
    }
  } catch {
    await context.close()
    throw error
  }
  await context.close()
}
