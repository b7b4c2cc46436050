// The services' handling of each other's events.

import Events
import Journal

extension Checker {
  /// A service has applied events of a stream, and moved its cursor.
  func checkApplied(
    _ process: ServiceProcess, _ stream: Service, _ records: [Record], _ through: Cursor,
    _ outcomes: [EventOutcome]
  ) throws {
    let service = process.service
    guard var followed = process.node.model.followed[stream] else { return }
    let before = followed.cursor
    try checkTakenUp(process)
    for record in records {
      let header = record.header
      let point = Facts.Point(stream: stream, sequence: header.sequence, chain: header.chain)
      guard let previous = facts.points[point] else {
        throw Violation(
          .prefix,
          "\(service.rawValue) applies \(stream.rawValue) \(header.sequence), which "
            + "\(stream.rawValue) never committed", [stream.rawValue])
      }
      let isNext = header.sequence == followed.cursor + 1
      try require(
        isNext ? previous == followed.chain : header.sequence > followed.cursor, .prefix,
        "\(service.rawValue) applies \(stream.rawValue) \(header.sequence) of another history "
          + "after \(followed.cursor)", [stream.rawValue])
      try checkGap(before: header.sequence, after: followed.cursor, stream, process)
      followed.cursor = header.sequence
      followed.chain = header.chain
    }
    try checkGap(before: through.sequence + 1, after: followed.cursor, stream, process)
    let wasReadAgain = followed.isReadAgain || before < followed.readAgainUntil
    for note in outcomes { try take(note, service, stream, after: before, &followed, process.node) }
    for record in records {
      try require(
        followed.taken.contains(record.header.sequence) || wasReadAgain, .nothingSkipped,
        "\(service.rawValue)'s cursor passes \(stream.rawValue) \(record.header.sequence), which "
          + "it neither applied nor deferred", [stream.rawValue])
    }
    followed.cursor = through.sequence
    followed.chain = through.chain
    process.node.model.followed[stream] = followed
  }

  /// Events may be missing only below the floor of the publisher's log.
  private func checkGap(
    before next: UInt64, after cursor: UInt64, _ stream: Service, _ process: ServiceProcess
  ) throws {
    let publisher = process.world.node(stream)
    try require(
      next <= cursor + 1 || next <= publisher.model.floor || publisher.hasOtherHistory,
      .nothingSkipped,
      "\(process.service.rawValue) passes from \(stream.rawValue) \(cursor) to \(next), and the log "
        + "is complete from \(publisher.model.floor) on", [stream.rawValue])
  }

  /// A deferred event was tried again.
  func checkTriedAgain(_ process: ServiceProcess, _ outcomes: [EventOutcome]) throws {
    for note in outcomes {
      guard let stream = Service(rawValue: note.topic.stream),
        var followed = process.node.model.followed[stream]
      else { continue }
      try take(note, process.service, stream, after: nil, &followed, process.node)
      process.node.model.followed[stream] = followed
    }
  }

  /// - Parameter after: the cursor before the events that are being applied; nil when none are.
  private func take(
    _ note: EventOutcome, _ service: Service, _ stream: Service, after: UInt64?,
    _ followed: inout FollowedModel, _ node: Node
  ) throws {
    guard note.topic.stream == stream.rawValue else {
      // An event of another stream waited for this one's.
      guard let other = Service(rawValue: note.topic.stream),
        var waiting = node.model.followed[other]
      else { return }
      try take(note, service, other, after: nil, &waiting, node)
      node.model.followed[other] = waiting
      return
    }
    let (sequence, name) = (note.sequence, "\(stream.rawValue) \(note.sequence)")
    let isNew = after.map { sequence > $0 } ?? false
    if note.kind == .unknown, isNew {
      followed.taken.insert(sequence)
      return
    }
    guard let id = note.id else { throw Violation(.oneChain, "\(name) cannot be read") }
    try require(
      isNew || followed.aside[id] != nil, .appliedOnce,
      "\(service.rawValue) takes \(name) up again: \(note.kind)", [stream.rawValue, note.subject])
    followed.taken.insert(sequence)
    let resets = isNew ? followed.resets : followed.aside[id]?.resets ?? followed.resets
    switch note.kind {
    case .applied:
      try checkReader(note, followed.aside[id], node)
      // Events that were deferred when their stream was reset are still to come once more.
      let comesAgain = !isNew && followed.isReadAgain && sequence > followed.cursor
      try require(
        comesAgain || followed.applied.insert(id).inserted, .appliedOnce,
        "\(service.rawValue) applies \(name) twice", [stream.rawValue, note.subject])
      followed.aside[id] = nil
      try checkOrder(note, readAfter: resets, service, followed)
    case .waiting, .retrying, .dead, .behind:
      followed.aside[id] = .init(
        sequence: sequence, subject: note.subject, resets: resets,
        isTooNew: try isTooNew(note, node))
    case .unknown, .discarded: followed.aside[id] = nil
    case .emitted: break
    }
  }

  private func checkOrder(
    _ note: EventOutcome, readAfter resets: Int, _ service: Service, _ followed: FollowedModel
  ) throws {
    let earlier = followed.aside.values.filter {
      $0.resets == resets && $0.sequence < note.sequence && $0.subject == note.subject
    }.map(\.sequence).min()
    try require(
      earlier == nil || followed.isReadAgain, .subjectOrder,
      "\(service.rawValue) applies \(note.topic.stream) \(note.sequence) before "
        + "\(earlier ?? 0) of the same subject", [note.topic.stream, note.subject])
  }

  /// The journal's own cursor is the one that the events led to.
  func checkCursor(_ process: ServiceProcess, _ stream: Service) throws {
    let stored = try process.journal.read { try $0.cursor(of: stream.rawValue) }
    let expected = process.node.model.followed[stream]?.cursor ?? 0
    try require(
      stored.sequence == expected, .nothingSkipped,
      "\(process.service.rawValue)'s cursor of \(stream.rawValue) is \(stored.sequence), and "
        + "what it has applied ends at \(expected)", [stream.rawValue])
  }
}
