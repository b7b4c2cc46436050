package import Events
package import Journal

/// Answers FETCH and STATUS from a log.
///
/// It only reads; the asker changes nothing.
package struct LogServer<Log: Reader> {
  /// The events of one answer are at most so large, unless there is only one.
  static var maxBytes: Int { 1 << 20 }

  let log: Log

  /// A server of the log that the reader sees.
  package init(_ log: Log) {
    self.log = log
  }

  /// The answer to a question for events.
  ///
  /// Each event is checked against the chain before it is served: a damaged one is never sent.
  package func answer(_ fetch: Fetch) throws -> LogReply {
    do {
      let place = (sequence: fetch.after, chain: try log.chain(at: fetch.after))
      let head = try log.head()
      let standing = Standing(
        head: head, lineage: try log.lineage(), chainAtAfter: place.chain)
      if var refusal = standing.refusal(of: fetch) {
        try requireIntact(fetch.after, refusal: refusal, in: head)
        refusal.id = fetch.id
        return .error(refusal)
      }
      let found = try log.intactRecords(
        after: place, limit: min(fetch.limit ?? Fetch.maxLimit, Fetch.maxLimit),
        maxBytes: Self.maxBytes)
      if let damage = found.damage, found.records.isEmpty { throw damage }
      return events(found.records, to: fetch, head: head)
    } catch let damage as DamagedLog {
      return .error(Refusal(.damaged, message: "\(damage)", id: fetch.id))
    }
  }

  /// A follower may contradict this log because the log is damaged there, and not lost.
  private func requireIntact(_ sequence: UInt64, refusal: Refusal, in head: Head) throws {
    guard refusal.code == .diverged, try !log.isIntact(at: sequence) else { return }
    throw DamagedLog(stream: head.stream, sequence: sequence)
  }

  private func events(_ records: [Record], to fetch: Fetch, head: Head) -> LogReply {
    let answer = EventsAnswer(
      id: fetch.id, stream: head.stream, epoch: head.epoch, after: fetch.after,
      through: records.last?.header.sequence ?? head.sequence, head: head.sequence,
      floor: head.floor, chain: records.last?.header.chain ?? head.chain)
    return .events(answer, records)
  }

  /// The reason for which an acknowledgement cannot be recorded; nil when it can.
  package func refusal(of acknowledgement: Acknowledgement) throws -> Refusal? {
    do {
      let place = acknowledgement.sequence
      let head = try log.head()
      var refusal = Standing(
        head: head, lineage: [], chainAtAfter: try log.chain(at: place)
      ).refusal(of: acknowledgement)
      if let refusal { try requireIntact(place, refusal: refusal, in: head) }
      refusal?.id = acknowledgement.id
      return refusal
    } catch let damage as DamagedLog {
      return Refusal(.damaged, message: "\(damage)", id: acknowledgement.id)
    }
  }

  /// The state of the log.
  package func status(_ id: JSONValue?, catalogue: Catalogue? = nil) throws -> LogReply {
    let head = try log.head()
    return .status(
      StatusAnswer(
        id: id, stream: head.stream, epoch: head.epoch, head: head.sequence, chain: head.chain,
        floor: head.floor, lineage: try log.lineage(), consumers: try log.consumers(),
        catalogue: catalogue))
  }
}

/// The facts that decide whether a follower's history is this log's.
package struct Standing: Sendable {
  let head: Head
  let lineage: [Lineage]
  /// The log's own chain at the follower's place; nil where it has been removed.
  let chainAtAfter: Chain?

  /// The reason for which a request cannot be answered with events; nil when it can.
  package func refusal(of fetch: Fetch) -> Refusal? {
    guard fetch.stream == head.stream else {
      return Refusal(.stream, message: "this is the log of \(head.stream), not of \(fetch.stream)")
    }
    guard fetch.limit ?? 1 > 0 else {
      return Refusal(.malformed, message: "the limit is a number from 1 to \(Fetch.maxLimit)")
    }
    // First the epoch: a follower past a fork has diverged, however long the log is by now.
    if let refusal = refusalByEpoch(of: fetch) { return refusal }
    guard fetch.after <= head.sequence else {
      return Refusal(
        .ahead, message: "the follower is at \(fetch.after), and the log ends at \(head.sequence)")
    }
    // A follower without an epoch is new, and adopts the events that are kept below the floor.
    let isNew = fetch.after == 0 || fetch.epoch == nil
    guard isNew || fetch.after + 1 >= head.floor else {
      return Refusal(
        .behindFloor,
        message: "the follower is at \(fetch.after), and the log begins at \(head.floor)")
    }
    if let chain = fetch.chain, let known = chainAtAfter, chain != known {
      return Refusal(.diverged, message: "the histories differ at or before \(fetch.after)")
    }
    return nil
  }

  /// The reason for which an acknowledgement cannot be recorded; nil when it can.
  package func refusal(of acknowledgement: Acknowledgement) -> Refusal? {
    let stream = acknowledgement.stream
    let sequence = acknowledgement.sequence
    guard stream == head.stream else {
      return Refusal(.stream, message: "this is the log of \(head.stream), not of \(stream)")
    }
    guard acknowledgement.epoch == head.epoch else {
      return Refusal(
        .epoch, message: "the present history is \(head.epoch), not \(acknowledgement.epoch)")
    }
    guard sequence <= head.sequence else {
      return Refusal(.ahead, message: "\(sequence) is past the head, \(head.sequence)")
    }
    if let chain = acknowledgement.chain, let known = chainAtAfter, chain != known {
      return Refusal(.diverged, message: "the histories differ at or before \(sequence)")
    }
    return nil
  }

  /// An asker of an older history goes on where that history ended in a fork, or before.
  ///
  /// A later fork may have been further back.
  private func refusalByEpoch(of fetch: Fetch) -> Refusal? {
    guard let epoch = fetch.epoch, epoch != head.epoch else { return nil }
    guard let known = lineage.firstIndex(where: { $0.epoch == epoch }),
      let fork = lineage[(known + 1)...].map(\.from).min()
    else {
      return Refusal(.epoch, message: "the history \(epoch) is not one of \(head.stream)'s")
    }
    guard fetch.after <= fork else {
      return Refusal(
        .diverged,
        message: "the follower is at \(fetch.after) of the history \(epoch), which ended at \(fork)"
      )
    }
    return nil
  }
}
