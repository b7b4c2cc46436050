import Charlie
import Courier
import Events
import FoundationEssentials
import Journal
import Runtime
import Schema

/// Watches every step of a run, and throws a ``Violation`` at the first thing that must not be.
final class Checker {
  let trace: Trace
  let coverage: Coverage
  var facts = Facts()

  init(_ trace: Trace, _ coverage: Coverage) {
    self.trace = trace
    self.coverage = coverage
  }

  /// A process has started on a node's journal.
  func started(_ process: ServiceProcess) throws {
    try takeLog(process)
    for stream in process.service.follows {
      try checkCursor(process, stream)
    }
  }

  /// A process has committed a group.
  ///
  /// - Parameter parts: what each piece of work was, nil for one that failed, and its outcomes.
  func committed(_ process: ServiceProcess, _ parts: [(Occasion?, [EventOutcome])]) throws {
    for note in parts.flatMap(\.1) { tell(process.service, note) }
    for case (.edit(let edit)?, _) in parts { try edited(edit, process) }
    try takeLog(process)
    for (occasion, outcomes) in parts {
      guard let occasion else {
        try require(outcomes.isEmpty, .answers, "work that failed has outcomes: \(outcomes)")
        continue
      }
      try committed(process, outcomes, at: occasion)
    }
    for stream in process.service.follows { try checkCursor(process, stream) }
  }

  private func committed(
    _ process: ServiceProcess, _ outcomes: [EventOutcome], at occasion: Occasion
  ) throws {
    if case .reset(let stream) = occasion {
      process.node.model.followed[stream] = process.node.model.followed[stream]?.reset()
    }
    let applied = outcomes.filter { $0.kind != .emitted }
    if case .apply(let stream, let records, let through) = occasion {
      try checkApplied(process, stream, records, through, applied)
    } else if !applied.isEmpty {
      try checkTriedAgain(process, applied)
    }
  }

  private func tell(_ service: Service, _ note: EventOutcome) {
    switch note.kind {
    case .waiting: coverage.hit("event: waiting")
    case .retrying: coverage.hit(.failingReaction)
    case .dead: coverage.hit("event: dead letter")
    case .behind: coverage.hit("event: held back")
    case .discarded: coverage.hit("event: discarded")
    default: break
    }
    trace.note(
      service.rawValue, about: [note.subject],
      "\(note.topic.stream)/\(note.topic.type) \(note.sequence): \(note.kind)")
  }

  // MARK: The own log

  /// Takes what is new in a log, and checks it against everything that was promised.
  private func takeLog(_ process: ServiceProcess) throws {
    let node = process.node
    let service = node.service
    let after = node.model.log.last?.sequence ?? 0
    let (records, head) = try process.journal.read {
      (try $0.records(after: after, limit: .max), try $0.head())
    }
    for record in records {
      let header = record.header
      let last = node.model.log.last
      let chain = last?.chain ?? .zero
      try require(
        record.follows(sequence: last?.sequence ?? 0, chain: chain), .oneChain,
        "\(service.rawValue) \(header.sequence) does not follow \(last?.sequence ?? 0)",
        [service.rawValue])
      try require(
        header.epoch == head.epoch && header.committedAt >= last?.committedAt ?? header.committedAt,
        .oneChain, "\(service.rawValue) \(header.sequence) is of another epoch or time",
        [service.rawValue])
      facts.points[
        Facts.Point(stream: service, sequence: header.sequence, chain: header.chain)] = chain
      let subject = try checkContent(record, of: node)
      node.model.append(
        LoggedEvent(
          epoch: header.epoch, sequence: header.sequence, chain: header.chain,
          type: record.topic.type, subject: subject, committedAt: header.committedAt))
    }
    node.model.floor = head.floor
    let last = node.model.log.last
    try require(
      head.sequence == last?.sequence ?? 0 && head.chain == last?.chain ?? .zero, .oneChain,
      "\(service.rawValue)'s head, \(head.sequence), is not the end of its log", [service.rawValue])
  }

  // MARK: The wire

  /// A publisher sends a message.
  func heard(_ frames: [Data], from node: Node) throws {
    if let record = Record(frames: frames) {
      try heard(record.header.sequence, record.header.epoch, record.header.chain, from: node)
    } else if let beat = Beat(frames: frames), let epoch = beat.cursor.epoch {
      try heard(beat.cursor.sequence, epoch, beat.cursor.chain, from: node)
    }
  }

  /// A log answers.
  func answered(_ reply: LogReply, by node: Node) throws {
    guard case .events(let answer, let records) = reply else { return }
    for record in records {
      try heard(record.header.sequence, record.header.epoch, record.header.chain, from: node)
    }
    try heard(answer.head, answer.epoch, nil, from: node)
  }

  private func heard(_ sequence: UInt64, _ epoch: Epoch, _ chain: Chain?, from node: Node) throws {
    guard sequence > 0 else { return }
    let name = "\(node.service.rawValue) \(sequence)"
    try require(
      node.unsynced == nil, .durableBeforeHeard, "\(name) is told, and not on disk",
      [node.service.rawValue])
    let index = Int(sequence) - 1
    try require(
      index < node.model.log.count
        && chain ?? node.model.log[index].chain
          == node.model.log[index].chain,
      .durableBeforeHeard, "\(name) is told, and was not committed", [node.service.rawValue])
    // The number belongs to the history in which the event was published.
    let event = node.model.log[index]
    guard chain != nil else { return }
    let number = Facts.Number(stream: node.service, epoch: event.epoch, sequence: sequence)
    if node.isRawCopy { facts.copied.insert(event.epoch) }
    if let before = facts.heard[number], before != event.chain,
      !facts.copied.contains(event.epoch)
    {
      throw Violation(
        .numbersOnce, "\(name) in history \(event.epoch) was another event before",
        [node.service.rawValue])
    }
    facts.heard[number] = event.chain
  }

  /// A follower asks a log.
  func asks(_ request: LogRequest, _ process: ServiceProcess) throws {
    guard case .acknowledge(let acknowledgement) = request else { return }
    let stream = acknowledgement.stream
    let cursor = try process.journal.read { try $0.cursor(of: stream) }
    try require(
      acknowledgement.sequence <= cursor.sequence && acknowledgement.epoch == cursor.epoch,
      .acknowledgedIsApplied,
      "\(process.service.rawValue) acknowledges \(stream) \(acknowledgement.sequence), and is at "
        + "\(cursor.sequence)", [stream])
  }

  // MARK: The gateway

  /// A process asks the gateway for a charge.
  func asksGateway(_ process: ServiceProcess, _ call: GatewayCall) throws {
    let lost = try process.journal.read { try $0.head().lost }
    try require(
      lost == nil, .silence,
      "order \(call.order) is to be charged, and history is lost: \(lost ?? "")",
      [call.order.description])
    try checkProduct(of: call, process)
  }

  func charged(_ call: GatewayCall, _ step: GatewayStep) throws {
    guard case .answered(let answer, _) = step else { return }
    let isCharged = answer == .charged
    facts.charges[call.order, default: [:]][call.request.idempotencyKey] = isCharged
    let order = call.order.description
    try require(
      facts.charges[call.order]?.count == 1, .oneCharge,
      "order \(order) is in the gateway's books under "
        + "\(facts.charges[call.order]?.keys.sorted() ?? [])", [order])
    try require(
      facts.orders[call.order]?.prices.contains { $0.total == call.request.total.amount } == true,
      .promise,
      "order \(order) is charged \(call.request.total)", [order])
  }
}
