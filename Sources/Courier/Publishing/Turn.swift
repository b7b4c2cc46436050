package import Events
package import FoundationEssentials
package import Journal

/// What a message to the log comes to: an answer, or work in the journal that leads to one.
///
/// A value, so that a loop runs it without blocking, and a simulation in its one thread.
package enum Turn: Sendable {
  case answer(Reply?)
  case read(@Sendable (Snapshot) throws -> Turn)
  case write(@Sendable (Transaction) throws -> Turn)

  /// What is to be done about a message, the routing id taken off.
  ///
  /// - Parameter catalogue: the versions that are published, where that is declared.
  package init(on frames: ArraySlice<Data>, catalogue: Catalogue? = nil) {
    do throws(Refusal) {
      self =
        switch try Request(frames: frames) {
        case .fetch(let fetch): .read { try .on(fetch, $0) }
        case .status(let id): .read { .answer(try LogServer($0).status(id, catalogue)) }
        case .acknowledge(let acknowledgement): .write { try .on(acknowledgement, $0) }
        }
    } catch {
      self = .answer(.error(error))
    }
  }

  private static func on(_ fetch: Fetch, _ snapshot: Snapshot) throws -> Turn {
    let server = LogServer(snapshot)
    let reply = try server.answer(fetch)
    guard case .error(let refusal) = reply else {
      // Whose history is in doubt tells nobody of it.
      return .answer(try snapshot.head().lost == nil ? reply : nil)
    }
    guard try server.hasLostHistory(fetch.consumer, in: fetch.epoch, refusal) else {
      return .answer(reply)
    }
    return .lose(refusal, fetch.consumer, reply)
  }

  private static func on(_ acknowledgement: Acknowledgement, _ transaction: Transaction) throws
    -> Turn
  {
    let server = LogServer(transaction)
    guard let refusal = try server.refusal(of: acknowledgement) else {
      try transaction.acknowledge(
        acknowledgement.consumer, epoch: acknowledgement.epoch, sequence: acknowledgement.sequence)
      return .answer(nil)
    }
    let consumer = acknowledgement.consumer
    guard try server.hasLostHistory(consumer, in: acknowledgement.epoch, refusal) else {
      return .answer(.error(refusal))
    }
    return .lose(refusal, consumer, .error(refusal))
  }

  /// A consumer has what this log has not.
  private static func lose(_ refusal: Refusal, _ consumer: String?, _ reply: Reply) -> Turn {
    .write { transaction in
      try transaction.loseHistory(
        "its consumer \(consumer ?? "") says otherwise (\(refusal.code.rawValue): \(refusal.message))"
      )
      return .answer(reply)
    }
  }
}

extension LogServer {
  /// Whether a refusal tells that this log has lost a part of its history.
  ///
  /// Only a registered consumer's word counts, and only in the present history: a stranger may say
  /// anything, and who follows an older history is one whom a restore left behind.
  fileprivate func hasLostHistory(
    _ consumer: String?, in epoch: Epoch?, _ refusal: Refusal
  ) throws -> Bool {
    guard refusal.code == .ahead || refusal.code == .diverged, let consumer,
      try log.head().epoch == epoch
    else { return false }
    return try log.consumers().contains { $0.name == consumer }
  }
}
