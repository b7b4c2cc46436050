/// The reaction that a failure requires: the one classification of every failure of database,
/// files, sockets, descriptors and memory.
///
/// The page “Failures” of the module Daemon has one row for each of them.
public enum FailureKind: Hashable, Sendable {
  /// The failure passes, for example a lock or a full disk: wait with backoff, answer 503
  /// meanwhile, and stay alive.
  case passes
  /// It stays until an operator acts: end with status 78, or stop the affected part, and name the
  /// command.
  case requiresOperator
  /// A mistake of this program, or a state that only a new start clears: end, and be started again.
  case isOurs

  /// The kind of an error; ``isOurs`` for one that is not a ``ClassifiedFailure``.
  public init(_ error: any Error) {
    self = (error as? any ClassifiedFailure)?.failureKind ?? .isOurs
  }
}

/// An error with a ``FailureKind``.
public protocol ClassifiedFailure: Error {
  /// The reaction that the failure requires.
  var failureKind: FailureKind { get }
}

/// An error that stays until an operator changes the configuration, or the object that the error
/// names.
///
/// A daemon that ends with such an error exits with status 78, and is not restarted automatically.
public protocol RequiresOperator: ClassifiedFailure {}

extension RequiresOperator {
  /// ``FailureKind/requiresOperator``.
  public var failureKind: FailureKind { .requiresOperator }
}

/// An error of the value at hand: trying again does not help.
public protocol PermanentFailure: Error {}

/// An error with another one beneath it.
public protocol CausedError: Error {
  /// The error beneath, where there is one.
  var cause: (any Error)? { get }
}
