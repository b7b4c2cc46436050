import Events
import Foundation
import Synchronization
import ZeroMQ

/// Stands between a follower and the log of its publisher: while it is narrow, it lets single
/// events through, as many as the test admits, and nothing after them.
///
/// So a follower is surely catching up, and stays so for as long as the test likes.
final class Turnstile: Sendable {
  /// The endpoint of the follower's requests, instead of the publisher's log.
  let endpoint: String
  private let passages = Chronicle<Void>()
  /// How many events may still go through; nil for all.
  private let admitted = Mutex<Int?>(nil)

  fileprivate init(_ endpoint: String) {
    self.endpoint = endpoint
  }

  /// Lets so many events through, one by one, and then nothing.
  func narrow(to count: Int) { admitted.withLock { $0 = count } }

  /// Lets everything through.
  func open() { admitted.withLock { $0 = nil } }

  /// Waits until so many more events have gone through one by one while the body began it.
  func passed(_ count: Int, since body: () throws -> Void) async throws {
    let seen = passages.all.count
    try body()
    for index in 0..<count {
      _ = try await passages.first(after: seen + index, within: .seconds(20)) { true }
    }
  }

  /// Carries questions and answers between the follower and the log, one after another.
  fileprivate nonisolated(nonsending) func turn(_ router: Router, _ dealer: Dealer) async throws {
    var answers = dealer.messages.makeAsyncIterator()
    for await questions in router.messages {
      for question in questions {
        guard let asker = question.frames.first,
          let (frames, isNarrow) = try admit(Array(question.frames.dropFirst()))
        else { continue }
        try await dealer.send([Message(frames)])
        // Of the three verbs, this one is not answered.
        guard frames.first != acknowledgement else { continue }
        for answer in await answers.next(isolation: #isolation) ?? [] {
          try await router.send([Message([asker] + answer.frames)])
        }
        if isNarrow { passages.append(()) }
      }
    }
  }

  /// The question as it goes on; nil where it goes nowhere.
  private func admit(_ question: [Data]) throws -> (frames: [Data], isNarrow: Bool)? {
    guard question.count == 2, question[0] == fetch else { return (question, false) }
    let left = admitted.withLock { admitted in
      defer { admitted = admitted.map { max($0 - 1, 0) } }
      return admitted
    }
    guard let left else { return (question, false) }
    guard left > 0, case .object(var members) = try JSON(question[1]).value else { return nil }
    members["limit"] = .integer(1)
    return ([fetch, try JSON(value: .object(members)).data], true)
  }
}

private let fetch = Data("FETCH".utf8)
private let acknowledgement = Data("ACK".utf8)

extension Deployment {
  /// Puts a turnstile before the log of a service while the body runs.
  func withTurnstile(
    before publisher: ServiceName, _ body: (Turnstile) async throws -> Void
  ) async throws {
    let context = try Context()
    let turnstile = Turnstile("ipc://\(folder)/turnstile")
    let log = "ipc://\(runFolder)/\(publisher).log"
    do {
      try await context.withRouter(binding: [turnstile.endpoint]) { router in
        try await context.withDealer(connectingTo: [log]) { dealer in
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await turnstile.turn(router, dealer) }
            defer { group.cancelAll() }
            try await body(turnstile)
          }
        }
      }
    } catch {
      await context.close()
      throw error
    }
    await context.close()
  }
}
