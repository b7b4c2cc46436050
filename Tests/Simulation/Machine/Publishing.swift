// In the place of PublishingLoop and AnsweringLoop.

import Courier
import Events
import FoundationEssentials
import Journal

/// A question that has come to a service's log.
struct Question {
  let asker: Service
  /// The number of the asker's process.
  let process: Int
  let frames: [Data]
}

extension ServiceProcess {
  /// The prefix that every follower of this service subscribes to.
  var prefix: Data { Data(Topic.prefix(ofStream: service.rawValue).utf8) }

  /// The sockets are bound, and whoever waited for that connects.
  func bind() {
    isBound = true
    every(.seconds(1)) { [self] in try send(publication.beat()) }
    for other in world.nodes where other.service.follows.contains(service) {
      world.connect(other.service, to: service)
    }
  }

  func subscribed(by follower: Service, process: Int) throws {
    subscribers[follower] = process
    try send(publication.subscribed(prefix))
  }

  func lost(_ follower: Service, process: Int) {
    guard subscribers[follower] == process else { return }
    subscribers[follower] = nil
    if subscribers.isEmpty { publication.cancelled(prefix) }
  }

  /// Publishes a piece of what was committed.
  func publish() throws {
    guard isBound else { return }
    let after = publication.published.sequence
    let (records, head) = try journal.read {
      (try $0.records(after: after, limit: 500, maxBytes: 1 << 20), try $0.head())
    }
    guard !records.isEmpty || head.floor != publication.published.floor || head.lost != nil else {
      return
    }
    try send(publication.publish(records, of: head))
    if let kill = node.kill, kill.point == .afterPublish {
      return try world.supervisor.strike(node, kill, before: nil)
    }
    if !records.isEmpty, head.lost == nil {
      later(node.machine.random() % 200) { [self] in try publish() }
    }
  }

  private func send(_ messages: [[Data]]) throws {
    for frames in messages {
      try world.checker.heard(frames, from: node)
      for (follower, number) in subscribers.sorted(by: { $0.key < $1.key }) {
        world.send(frames, .events, from: service, to: follower, process: number)
      }
    }
  }

  // MARK: Answering

  func answerQuestions(_ limit: Int) throws {
    let now = questions.prefix(limit)
    questions.removeFirst(now.count)
    for question in now {
      world.network.taken(from: Link(from: question.asker, to: service), .questions)
      guard isAlive else { continue }
      guard let reply = try reply(to: question.frames[...]), isAlive else { continue }
      try world.checker.answered(reply, by: node)
      world.send(
        reply.frames, .answers, from: service, to: question.asker, process: question.process)
    }
  }

  private func reply(to frames: ArraySlice<Data>) throws -> Reply? {
    var turn = Turn(on: frames, catalogue: journal.publishing.catalogue)
    while true {
      switch turn {
      case .answer(let reply): return reply
      case .read(let work): turn = try journal.read(work)
      case .write(let work):
        guard let next = try commit(.acknowledge, { try journal.commit(work) }) else { return nil }
        turn = next
      }
    }
  }
}
