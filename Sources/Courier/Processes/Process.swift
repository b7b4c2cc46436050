package import Journal

/// A part of a service that runs as long as the service does: it takes inputs and returns effects.
///
/// A value without I/O. Two drivers run it: that of the daemons performs the effects on sockets, timers
/// and the journal; that of the simulation performs them on a clock, a network and a disk of its own.
/// A driver makes no decisions, so that the simulation proves what the daemons run.
///
/// A driver passes one input at a time and performs its effects in order. It passes the resulting
/// input of an effect before the next effect, and before the next input from outside.
package protocol Process: Sendable {
  /// The inputs of the process.
  associatedtype Input: Sendable
  /// Effects that only this process has, for example a message to send.
  associatedtype Action: Sendable

  /// The first input.
  static var start: Input { get }
  /// The input at the time of the last ``Effect/wake(at:)``.
  static var wake: Input { get }

  /// Takes an input.
  ///
  /// - Parameters:
  ///   - now: the monotonic clock.
  ///   - random: for pauses and choices.
  mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
}

/// The effects that a driver performs for a process.
package enum Effect<Input: Sendable, Action: Sendable>: Sendable {
  /// Read from the journal.
  case read(Read<Input>)
  /// Commit to the journal. The pieces run in their order, and may share a commit with each other and
  /// with other work.
  case write([Write<Input>])
  /// Send ``Process/wake`` at a time of the monotonic clock, and not at the time that was set before.
  case wake(at: Duration)
  /// Perform what only this process needs.
  case perform(Action)
}

extension Effect {
  /// Commits one piece of work.
  package static func write(_ write: Write<Input>) -> Effect { .write([write]) }
}

/// A query of the journal, and the input that it results in.
package struct Read<Input: Sendable>: Sendable {
  /// The query.
  package let query: @Sendable (Snapshot) throws -> Input
  /// The input for an error; nil where the error ends the process.
  ///
  /// The effects after it are not performed.
  package let recover: @Sendable (any Error) -> Input?

  /// Whether commits may wait for it: it takes microseconds, and the driver runs on the journal's thread.
  package let isShort: Bool

  /// A query.
  package init(
    isShort: Bool = false, _ query: @escaping @Sendable (Snapshot) throws -> Input,
    recover: @escaping @Sendable (any Error) -> Input? = { _ in nil }
  ) {
    self.isShort = isShort
    self.query = query
    self.recover = recover
  }
}

/// Work in a transaction of the journal, and the input that it results in after the commit.
package struct Write<Input: Sendable>: Sendable {
  /// The work; it may run more than once, and only its last run is committed.
  package let work: @Sendable (Transaction) throws -> Input
  /// The time for which it waits for a failure that passes; nil without a limit.
  package let patience: Duration?
  /// The input for an error, nothing being changed; nil where the error ends the process.
  ///
  /// The effects after it are not performed.
  package let recover: @Sendable (any Error) -> Input?

  /// A piece of work.
  package init(
    patience: Duration? = nil, _ work: @escaping @Sendable (Transaction) throws -> Input,
    recover: @escaping @Sendable (any Error) -> Input? = { _ in nil }
  ) {
    self.work = work
    self.patience = patience
    self.recover = recover
  }
}
