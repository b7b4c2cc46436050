import Events
public import Runtime

/// An error that keeps a daemon from running until an operator acts: it exits with status 78, and
/// no supervisor restarts it.
public struct StartError: RequiresOperator, CustomStringConvertible {
  /// The error and its remedy, for people.
  public let description: String

  /// An error with a sentence that names the thing and the remedy.
  public init(_ description: String) {
    self.description = description
  }
}

/// An error that keeps a daemon from starting now, and passes: the start waits for it.
struct StartFailure: ClassifiedFailure, CustomStringConvertible {
  /// The error, for people.
  let description: String
  var failureKind: FailureKind { .passes }

  init(_ description: String) {
    self.description = description
  }
}

/// The ends of a daemon: the exit codes of the design that a daemon has.
enum Ending: Hashable, Sendable {
  /// 0: it was asked to stop, and stopped cleanly.
  case good
  /// 1: something failed while it ran; starting it again may help.
  case failure
  /// 64: an option that does not exist.
  case usage
  /// 78: starting it again does not help.
  case configuration

  var code: Int32 {
    switch self {
    case .good: 0
    case .failure: 1
    case .usage: 64
    case .configuration: 78
    }
  }
}

extension Ending {
  /// The end of a daemon after an error.
  init(_ error: any Error) {
    self = FailureKind(error) == .requiresOperator ? .configuration : .failure
  }
}
