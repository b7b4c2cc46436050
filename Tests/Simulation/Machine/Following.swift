// In the place of FollowingLoop.

import Courier
import Events
import FoundationEssentials
import Journal

/// A followed stream, with what has come of it and was not read yet.
struct Following {
  let stream: Service
  var follower: Follower
  var heard: [[Data]] = []
  var answered: [[Data]] = []

  init(
    _ stream: Service, as service: Service, from cursor: Cursor, reading reactions: Reactions,
    at uptime: Duration
  ) {
    self.stream = stream
    follower = Follower(
      stream.rawValue, as: service.rawValue, from: cursor,
      reading: reactions.versions(in: stream.rawValue), at: uptime)
  }
}

extension ServiceProcess {
  func follow() {
    for index in following.indices {
      world.connect(service, to: following[index].stream)
      every(.milliseconds(200)) { [self] in try tick(index) }
    }
  }

  func receive(_ frames: [Data], _ channel: Network.Channel, from sender: Service) {
    guard let index = following.firstIndex(where: { $0.stream == sender }) else { return }
    if channel == .events {
      following[index].heard.append(frames)
    } else {
      following[index].answered.append(frames)
    }
    wake()
  }

  var uptime: Duration { node.machine.surroundings.uptime() }

  private func tick(_ index: Int) throws {
    if following[index].follower.isStopped { try heedReset(index) }
    let actions = following[index].follower.tick(at: uptime, random: node.machine.random())
    try perform(actions, index)
  }

  /// An operator may have set the place in the stream elsewhere.
  private func heedReset(_ index: Int) throws {
    let stream = following[index].stream.rawValue
    let stored = try journal.read { try $0.cursor(of: stream) }
    following[index].follower.heedReset(to: stored, at: uptime)
  }

  func hear(_ index: Int, _ limit: Int) throws {
    let messages = Array(following[index].heard.prefix(limit))
    guard !messages.isEmpty else { return }
    following[index].heard.removeFirst(messages.count)
    let link = Link(from: following[index].stream, to: service)
    for _ in messages { world.network.taken(from: link, .events) }
    try perform(following[index].follower.hear(messages, at: uptime), index)
  }

  func takeAnswers(_ index: Int, _ limit: Int) throws {
    let messages = Array(following[index].answered.prefix(limit))
    following[index].answered.removeFirst(messages.count)
    let link = Link(from: following[index].stream, to: service)
    for frames in messages {
      world.network.taken(from: link, .answers)
      guard isAlive else { continue }
      let actions = following[index].follower.answer(
        frames, at: uptime, random: node.machine.random())
      if let kill = node.kill, kill.point == .fetchedNotApplied,
        actions.contains(where: { if case .apply = $0 { true } else { false } })
      {
        return try world.supervisor.strike(node, kill, before: nil)
      }
      try perform(actions, index)
    }
  }

  private func perform(_ actions: [Follower.Action], _ index: Int) throws {
    do {
      for action in actions where isAlive {
        try perform(action, of: following[index].stream)
      }
    } catch is StaleCursor {
      try heedReset(index)
    } catch let loss as HistoryLost {
      following[index].follower.stop(because: loss)
    }
  }

  private func perform(_ action: Follower.Action, of stream: Service) throws {
    switch action {
    case .apply(let records, let place, let through):
      world.trace.note(service.rawValue, about: [stream.rawValue], "applies \(records.brief)")
      _ = try commit(.apply(stream, records, through: through)) {
        try journal.write {
          try $0.apply(records, of: stream.rawValue, from: place, through: through)
        }
      }
    case .request(let request):
      try world.checker.asks(request, self)
      world.ask(request.frames, of: stream, from: self)
    case .report(let report):
      world.coverage.hit(report)
      world.trace.note(service.rawValue, about: [stream.rawValue], "\(stream.rawValue): \(report)")
    }
  }
}

extension Coverage {
  fileprivate func hit(_ report: Follower.Report) {
    switch report {
    case .live: break
    case .gap: hit("follower: gap")
    case .away: hit("follower: publisher away")
    case .stopped(let refusal): hit("follower: stopped, \(refusal.code.rawValue)")
    case .garbage: hit("follower: garbage")
    case .lacks: hit("follower: an unknown version is published")
    case .stalled: hit("follower: stalled")
    case .resumed, .unacknowledged: break
    }
  }
}

extension [Record] {
  /// Streams and numbers, for a story.
  fileprivate var brief: String {
    map { "\($0.topic.stream)/\($0.topic.type) \($0.header.sequence)" }.joined(separator: ", ")
  }
}
