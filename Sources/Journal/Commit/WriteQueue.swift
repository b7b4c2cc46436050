import Events
import Runtime

/// Work that waits for a commit, in the order of arrival, and the retries of a group whose commit
/// fails for a reason that passes.
///
/// One piece of work alone may be the reason: it reads a bad sector, or needs more data than the
/// last free space. After such a failure one piece at a time is tried until one is committed. A
/// piece that failed alone goes to the back, so that it does not block the others forever. The
/// order of one caller is kept, since each of its pieces waits for the answer to the one before.
///
/// A value: it takes events and returns actions. The journal's writer performs them.
package struct WriteQueue<Work: Sendable>: Sendable {
  /// The number of a piece of work in its queue.
  package typealias ID = UInt64

  /// A piece of work that waits.
  package struct Member: Sendable {
    package let id: ID
    package let work: Work
    /// The time at which it stops waiting for a failure to pass, by the monotonic clock; nil for
    /// never.
    package let deadline: Duration?

    /// - Parameter id: from ``GroupCommit/takeID()``.
    package init(id: ID, work: Work, deadline: Duration?) {
      self.id = id
      self.work = work
      self.deadline = deadline
    }
  }

  /// The reason for which a piece of work leaves a queue without a commit.
  enum Leaving: Hashable, Sendable {
    /// The task that waited for it was cancelled.
    case givenUp
    /// Its time is over.
    case late
  }

  /// The actions after a commit that failed for a reason that passes.
  struct Retreat: Sendable {
    /// The work that leaves, and why.
    let leaving: [(member: Member, why: Leaving)]
    /// After which time the next group is tried.
    let pause: Duration
  }

  /// The largest group: no piece of work waits for too many others.
  let largestGroup: Int

  private(set) var waiting: [Member] = []
  private var givenUp: Set<ID> = []
  private var lastID: ID = 0
  /// The number of groups in a row that have failed.
  private var failures = 0
  private var isUnderWay = false
  /// Whether one piece of work is tried at a time, since one may be why a group has failed.
  private var isOneByOne = false

  init(largestGroup: Int = 1024) {
    self.largestGroup = largestGroup
  }

  /// A number for the next piece of work.
  mutating func takeID() -> ID {
    lastID += 1
    return lastID
  }

  /// Adds a piece of work.
  ///
  /// - Returns: whether the writer is idle, and is to be woken.
  mutating func add(_ member: Member) -> Bool {
    waiting.append(member)
    defer { isUnderWay = true }
    return !isUnderWay
  }

  /// The work of the next commit, oldest first; empty where only an obstacle is to be tried.
  mutating func takeGroup() -> [Member] {
    let group = Array(waiting.prefix(isOneByOne ? 1 : largestGroup))
    waiting.removeFirst(group.count)
    return group
  }

  /// The work that has come since a group was taken, as far as it has room.
  mutating func takeMore(for group: [Member]) -> [Member] {
    guard !group.isEmpty, !isOneByOne else { return [] }
    let more = Array(waiting.prefix(largestGroup - group.count))
    waiting.removeFirst(more.count)
    return more
  }

  /// A group was committed, or failed for good.
  ///
  /// - Returns: whether more is waiting, for which the next group is taken at once.
  mutating func finished(_ group: [Member]) -> Bool {
    failures = 0
    isOneByOne = false
    if !givenUp.isEmpty { givenUp.subtract(group.map(\.id)) }
    isUnderWay = !waiting.isEmpty
    return isUnderWay
  }

  /// A group failed for a reason that passes.
  ///
  /// It goes back, in its order, without the work whose patience is over: to the front, or to the
  /// back where it is one piece that may be the cause.
  ///
  /// The next attempt comes after a pause, or at the first deadline. Only an attempt shows that the
  /// obstacle is gone, so it is made without waiting work too.
  ///
  /// - Parameter concernsAll: whether any other work would have failed too.
  mutating func failed(
    _ group: [Member], concernsAll: Bool, at now: Duration, random: UInt64
  ) -> Retreat {
    failures += 1
    isOneByOne = isOneByOne || (!concernsAll && !group.isEmpty)
    let goesBack = !concernsAll && group.count == 1
    var leaving: [(member: Member, why: Leaving)] = []
    waiting = (goesBack ? waiting + group : group + waiting).filter { member in
      let why: Leaving? =
        givenUp.remove(member.id) != nil
        ? .givenUp : member.deadline.map { $0 <= now } == true ? .late : nil
      if let why { leaving.append((member, why)) }
      return why == nil
    }
    let pause = writeBackoff.pause(after: failures, random: random)
    let untilDeadline = waiting.compactMap(\.deadline).min().map { $0 - now }
    return Retreat(leaving: leaving, pause: min(pause, untilDeadline ?? pause))
  }

  /// The task that waited for a piece of work was cancelled: the work is done all the same, unless
  /// an obstacle holds it up.
  ///
  /// - Returns: the work, where it leaves now.
  mutating func giveUp(_ id: ID) -> Member? {
    guard failures > 0, let index = waiting.firstIndex(where: { $0.id == id }) else {
      givenUp.insert(id)
      return nil
    }
    return waiting.remove(at: index)
  }

  /// A piece of work was answered.
  mutating func forget(_ id: ID) {
    if !givenUp.isEmpty { givenUp.remove(id) }
  }
}

/// The pauses between attempts while a failure lasts: 50 ms to 2 s.
let writeBackoff = Backoff(first: .milliseconds(50), longest: .milliseconds(1_334))
