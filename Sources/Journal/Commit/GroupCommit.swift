/// Decides which work shares a commit, and the consequences of the commit's outcome.
///
/// A value without I/O: a driver performs its effects and returns the outcomes as inputs. The daemon's
/// driver uses a thread of its own; the simulation's driver uses simulated time, and may stop between
/// any two effects.
package struct GroupCommit<Work: Sendable>: Sendable {
  /// A piece of work that waits for a commit.
  package typealias Member = WriteQueue<Work>.Member

  /// The inputs from a driver.
  package enum Input: Sendable {
    /// A caller asks for a commit.
    case submitted(Member)
    /// The time of an ``Effect/proceed(after:)`` is over.
    case ready
    /// A group was committed, or failed for good.
    case ended([Member], Outcome)
    /// A group failed for a reason that passes, and nothing was committed.
    case obstructed([Member], JournalError)
    /// The caller of a piece of work does not wait any more.
    case cancelled(WriteQueue<Work>.ID)
  }

  /// The effects that a driver performs, in order.
  package enum Effect: Sendable {
    /// Send ``Input/ready`` after a pause; at once when it is zero.
    case proceed(after: Duration)
    /// Run the work of a group in one transaction and commit it.
    ///
    /// An empty group only tests whether writing is possible.
    case commit([Member])
    /// Answer the caller of a piece of work.
    case answer(Member, Outcome)
  }

  /// The outcome for a piece of work.
  package enum Outcome: Sendable {
    /// Its own result holds.
    case committed
    /// It failed with its whole group, or left it.
    case failed(any Error)
  }

  private(set) var queue: WriteQueue<Work>
  /// The failure of the last group; nil when it succeeded.
  private var obstacle: JournalError?

  /// No work.
  /// - Parameter largestGroup: how many pieces of work share a commit at most.
  package init(largestGroup: Int = 1024) {
    queue = WriteQueue(largestGroup: largestGroup)
  }

  /// A number for the next piece of work.
  package mutating func takeID() -> WriteQueue<Work>.ID {
    queue.takeID()
  }

  /// The work that joins a group when its transaction may write: it came while the group waited for a
  /// lock, and needs no commit of its own.
  mutating func joining(_ group: [Member]) -> [Member] {
    queue.takeMore(for: group)
  }

  /// A piece of work was answered.
  mutating func forget(_ id: WriteQueue<Work>.ID) {
    queue.forget(id)
  }

  /// Takes an input.
  ///
  /// - Parameters:
  ///   - now: the monotonic clock.
  ///   - random: for the pause after a failure.
  package mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64) -> [Effect] {
    switch input {
    case .submitted(let member):
      // Work without patience does not wait for the next attempt.
      if let obstacle, let deadline = member.deadline, deadline <= now {
        return [.answer(member, .failed(obstacle))]
      }
      return queue.add(member) ? [.proceed(after: .zero)] : []
    case .ready: return [.commit(queue.takeGroup())]
    case .ended(let group, let outcome):
      obstacle = nil
      let answers = group.map { Effect.answer($0, outcome) }
      return answers + (queue.finished(group) ? [.proceed(after: .zero)] : [])
    case .obstructed(let group, let failure):
      obstacle = failure
      return retreat(group, failure: failure, at: now, random: random())
    case .cancelled(let id):
      return queue.giveUp(id).map { [.answer($0, .failed(CancellationError()))] } ?? []
    }
  }

  private mutating func retreat(
    _ group: [Member], failure: JournalError, at now: Duration, random: UInt64
  ) -> [Effect] {
    // A lock and a server that is away are in the way of all; space, memory and a bad sector may concern one piece alone.
    let retreat = queue.failed(
      group, concernsAll: failure.code.concernsAll, at: now, random: random)
    let leaving = retreat.leaving.map { member, why in
      Effect.answer(member, .failed(why == .givenUp ? CancellationError() : failure))
    }
    return leaving + [.proceed(after: retreat.pause)]
  }
}
