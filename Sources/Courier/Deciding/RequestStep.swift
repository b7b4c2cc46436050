package import Events
package import FoundationEssentials
package import Journal

/// The result of a message to the log: an answer, or work in the journal that leads to one.
///
/// A value: the daemon runs its work without blocking, and the simulation runs it in its one
/// thread.
package enum RequestStep: Sendable {
  case answer(LogReply?)
  case read(@Sendable (Snapshot) throws -> RequestStep)
  case write(@Sendable (Transaction) throws -> RequestStep)

  /// The step for a message, without the routing id.
  ///
  /// - Parameters:
  ///   - origin: the sender, and the consumers for which it may acknowledge.
  ///   - stream: the log that is asked.
  ///   - catalogue: the published versions, where they are declared.
  package init(
    on frames: ArraySlice<Data>, from origin: RequestOrigin, to stream: String,
    catalogue: Catalogue? = nil
  ) {
    do throws(Refusal) {
      switch try LogRequest(frames: frames) {
      case .fetch(let fetch): self = .read { try .on(fetch, from: origin, in: $0) }
      case .status(let id):
        self = .read { .answer(try LogServer($0).status(id, catalogue: catalogue)) }
      case .acknowledge(let acknowledgement):
        // Before anything is read or written: a peer that may not acknowledge costs no commit.
        if let objection = origin.objection(to: acknowledgement.consumer, of: stream) {
          throw Refusal(.malformed, message: objection, id: acknowledgement.id)
        }
        self = .read { try .on(acknowledgement, from: origin, in: $0) }
      }
    } catch {
      self = .answer(.error(error))
    }
  }

  private static func on(_ fetch: Fetch, from origin: RequestOrigin, in snapshot: Snapshot) throws
    -> RequestStep
  {
    let server = LogServer(snapshot)
    let reply = try server.answer(fetch)
    guard case .error(let refusal) = reply else {
      // A log whose history is in doubt serves no events.
      return .answer(try snapshot.head().lost == nil ? reply : nil)
    }
    guard try server.provesLoss(refusal, claim: Claim(fetch), from: origin) else {
      return .answer(reply)
    }
    return .write { transaction in
      // Where several processes write the log, the snapshot may be older than the claim.
      let server = LogServer(transaction)
      let reply = try server.answer(fetch)
      guard case .error(let refusal) = reply else {
        return .answer(try transaction.head().lost == nil ? reply : nil)
      }
      try server.lose(in: transaction, by: refusal, claim: Claim(fetch), from: origin)
      return .answer(reply)
    }
  }

  private static func on(
    _ acknowledgement: Acknowledgement, from origin: RequestOrigin, in snapshot: Snapshot
  ) throws -> RequestStep {
    let server = LogServer(snapshot)
    guard let refusal = try server.refusal(of: acknowledgement) else {
      return .write { try .record(acknowledgement, in: $0) }
    }
    let claim = Claim(acknowledgement)
    guard try server.provesLoss(refusal, claim: claim, from: origin) else {
      return .answer(.error(refusal))
    }
    return .write { transaction in
      let server = LogServer(transaction)
      guard let refusal = try server.refusal(of: acknowledgement) else {
        return try .record(acknowledgement, in: transaction)
      }
      try server.lose(in: transaction, by: refusal, claim: claim, from: origin)
      return .answer(.error(refusal))
    }
  }

  private static func record(_ acknowledgement: Acknowledgement, in transaction: Transaction) throws
    -> RequestStep
  {
    let consumer = acknowledgement.consumer
    let isRegistered = try transaction.acknowledge(
      consumer, epoch: acknowledgement.epoch, sequence: acknowledgement.sequence)
    guard !isRegistered else { return .answer(nil) }
    let message = """
      \(consumer) was removed from the consumers of \(acknowledgement.stream), until the service \
      starts again
      """
    return .answer(.error(Refusal(.malformed, message: message, id: acknowledgement.id)))
  }
}

/// The place of a log up to which a peer claims to have it.
private struct Claim: Sendable {
  let consumer: String?
  let epoch: Epoch?
  let chain: Chain?

  init(_ fetch: Fetch) {
    consumer = fetch.consumer
    epoch = fetch.epoch
    chain = fetch.chain
  }

  init(_ acknowledgement: Acknowledgement) {
    consumer = acknowledgement.consumer
    epoch = acknowledgement.epoch
    chain = acknowledgement.chain
  }
}

extension LogServer {
  /// Whether a refused claim proves that this log has lost a part of its history.
  ///
  /// Only the claim of an expected consumer counts, of the present history, with a chain. A claim
  /// with the chain of this log's own head contradicts itself: the consumer has miscounted. A
  /// follower of an older history was left behind by a restore. The daemon's group alone is not
  /// enough. A known loss needs no second commit.
  fileprivate func provesLoss(_ refusal: Refusal, claim: Claim, from origin: RequestOrigin) throws
    -> Bool
  {
    let head = try log.head()
    guard head.lost == nil, refusal.code == .ahead || refusal.code == .diverged,
      let consumer = claim.consumer,
      let chain = claim.chain, chain != head.chain,
      origin.mayAccuse(for: consumer, of: head.stream),
      head.epoch == claim.epoch
    else { return false }
    return try log.consumers().contains { $0.name == consumer }
  }

  /// Notes the loss that a claim proves: a consumer has what this log has not.
  fileprivate func lose(
    in transaction: Transaction, by refusal: Refusal, claim: Claim, from origin: RequestOrigin
  ) throws {
    guard try provesLoss(refusal, claim: claim, from: origin) else { return }
    try transaction.loseHistory(
      """
      its consumer \(claim.consumer ?? "") contradicts it \
      (\(refusal.code.rawValue): \(refusal.message))
      """)
  }
}

extension Refusal {
  /// The answer to a request whose own work has failed, for example at a value in the journal that
  /// cannot be read; nil where the journal itself has failed, or the work was cancelled.
  package init?(of frames: ArraySlice<Data>, meeting error: any Error) {
    guard !(error is CancellationError), (error as? JournalError)?.isOfTheWork ?? true else {
      return nil
    }
    let id: JSONValue? =
      switch try? LogRequest(frames: frames) {
      case .fetch(let fetch): fetch.id
      case .acknowledge(let acknowledgement): acknowledgement.id
      case .status(let id): id
      case nil: nil
      }
    self.init(.damaged, message: "the log cannot be read here: \(error)", id: id)
  }
}
