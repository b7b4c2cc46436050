// In the place of PublishingLoop and AnsweringLoop.

import Courier
import Events
import FoundationEssentials
import Journal
import ZeroMQ

/// A process that asks a service's log.
struct Asker {
  let service: Service
  /// The number of the process.
  let process: Int

  init(_ service: Service, process: Int) {
    self.service = service
    self.process = process
  }

  /// Reads what ``sender`` wrote.
  init?(_ sender: Data) {
    let parts = String(decoding: sender, as: UTF8.self).split(separator: " ")
    guard parts.count == 2, let service = Service(rawValue: String(parts[0])),
      let process = Int(parts[1])
    else { return nil }
    self.init(service, process: process)
  }

  /// The routing id of its connection.
  var sender: Data { Data("\(service) \(process)".utf8) }
}

extension ServiceProcess {
  /// The prefix that every follower of this service subscribes to.
  var prefix: Data { Data(Topic.prefix(ofStream: service.rawValue).utf8) }

  /// The sockets are bound, and whoever waited for that connects.
  func bind() {
    isBound = true
    every(.seconds(1)) { [self] in try send(publication.beat(at: uptime)) }
    for other in world.nodes where other.service.follows.contains(service) {
      world.connect(other.service, to: service)
    }
  }

  func subscribed(by follower: Service, process: Int) throws {
    subscribers[follower] = process
    try send(publication.subscribed(prefix, at: uptime))
    if publication.nextBeatAt != nil {
      later(.milliseconds(100)) { [self] in try send(publication.beatsDue(at: uptime)) }
    }
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
    let chain = publication.published.chain
    let (found, head) = try journal.read {
      (
        try $0.intactRecords(after: (after, chain), limit: 500, maxBytes: 1 << 20),
        try $0.head()
      )
    }
    if let damage = found.damage { throw Violation(.noFailure, "\(damage)") }
    let records = found.records
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
    for _ in 0..<limit {
      guard let request = questions.next(), let asker = Asker(request.sender) else { return }
      taken(request)
      guard isAlive else { continue }
      guard let reply = try reply(to: request), isAlive else { continue }
      try world.checker.answered(reply, by: node)
      world.send(reply.frames, .answers, from: service, to: asker.service, process: asker.process)
    }
  }

  /// A question has come from a process.
  func ask(_ frames: [Data], by asker: Asker) {
    let request = PendingRequest(from: asker.sender, .unproved, frames: frames)
    for dropped in questions.append(request) { taken(dropped) }
    wake()
  }

  /// A question has left its queue.
  func taken(_ request: PendingRequest) {
    guard let asker = Asker(request.sender) else { return }
    world.network.taken(from: Link(from: asker.service, to: service), .questions)
  }

  private func reply(to request: PendingRequest) throws -> Reply? {
    let origin = RequestOrigin(
      request.identity, expected: journal.expected, own: Peer(uid: 0, gid: 0, pid: 0))
    var turn = Turn(
      on: request.frames[...], from: origin, to: journal.stream,
      catalogue: journal.publishing.catalogue)
    while true {
      switch turn {
      case .answer(let reply): return reply
      case .read(let work): turn = try journal.read(work)
      case .write(let work):
        guard let next = try commit(.acknowledge, { try journal.write(work) }) else { return nil }
        turn = next
      }
    }
  }
}
