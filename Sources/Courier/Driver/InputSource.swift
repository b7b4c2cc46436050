package import Journal
import Synchronization
package import ZeroMQ

/// A source of a driver's inputs: the driver polls it, and is woken when there may be an input.
///
/// A driver polls all its sources in its own task, so that no other task, and no change of threads, stands
/// between what happens outside and the process.
package struct InputSource<Input: Sendable>: Sendable {
  /// The next input; nil while there is none.
  let poll: @Sendable () -> Input?
  /// Has a closure called at once, and whenever there may be an input after there was none; nil ends it.
  let onInput: @Sendable ((@Sendable () -> Void)?) -> Void

  package init(
    poll: @escaping @Sendable () -> Input?,
    onInput: @escaping @Sendable ((@Sendable () -> Void)?) -> Void
  ) {
    self.poll = poll
    self.onInput = onInput
  }
}

extension InputSource {
  /// The messages of a socket: those that have arrived are one input, up to a limit, so that a backlog
  /// does not keep the thread from other tasks.
  package init<Item>(_ batches: Batches<Item>, _ input: @escaping @Sendable ([Item]) -> Input) {
    self.init(
      poll: {
        let items = batches.take(atMost: 512)
        return items.isEmpty ? nil : input(items)
      }, onInput: batches.onArrival)
  }

  /// The items of a mailbox: all that have arrived are one input.
  package init<Item>(_ mailbox: Mailbox<Item>, _ input: @escaping @Sendable ([Item]) -> Input) {
    self.init(
      poll: {
        let items = mailbox.takeAll()
        return items.isEmpty ? nil : input(items)
      }, onInput: mailbox.onArrival)
  }

  /// The commits of this process: all since the last input are one input.
  package init(commitsTo journal: ServiceJournal, _ input: @escaping @Sendable () -> Input) {
    self.init(registering: { journal.onCommit($0) }, input)
  }

  /// The commits of this process after which an event may be deferred: all since the last input are one
  /// input.
  package init(
    possibleDeferralsIn journal: ServiceJournal, _ input: @escaping @Sendable () -> Input
  ) {
    self.init(registering: { journal.onPossibleDeferral($0) }, input)
  }

  /// The commits of other replicas of the service: all since the last input are one input.
  package init(foreignCommitsTo journal: ServiceJournal, _ input: @escaping @Sendable () -> Input) {
    self.init(registering: { journal.onForeignCommit($0) }, input)
  }

  private init(
    registering register:
      @escaping @Sendable (@escaping @Sendable () -> Void) -> CommitRegistration,
    _ input: @escaping @Sendable () -> Input
  ) {
    // Its items have no size: however many commits come before the next poll, it takes no memory.
    let commits = Mailbox<Void>()
    let registration = Mutex<CommitRegistration?>(nil)
    self.init(
      poll: { commits.takeAll().isEmpty ? nil : input() },
      onInput: { arrived in
        commits.onArrival(arrived)
        let new = arrived.map { _ in register { commits.append(()) } }
        registration.withLock { $0 = new }
      })
  }
}
