public import Events
import Journal

import protocol Foundation.CustomNSError

/// Why a daemon cannot run until somebody mends something: it exits with status 78, and no
/// supervisor starts it again.
public struct StartError: NeedsMending, CustomStringConvertible {
  /// What is wrong and what to do, for people.
  public let description: String

  /// An error with a sentence that names the thing and the remedy.
  public init(_ description: String) {
    self.description = description
  }
}

/// Why a daemon cannot start now, although nothing needs mending: it exits with status 1, and is
/// started again.
struct StartFailure: Error, CustomStringConvertible {
  /// What is wrong, for people.
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// How a daemon ends: the exit codes of the design that a daemon has.
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
  /// How a daemon ends that an error has ended.
  init(_ error: any Error) {
    switch error {
    case is any NeedsMending: self = .configuration
    case let error as JournalError where error.needsMending: self = .configuration
    default: self = .failure
    }
  }
}

extension JournalError {
  /// Whether every start would find it again until somebody mends it; a disk that is full or that
  /// fails may be well again by then.
  fileprivate var needsMending: Bool {
    switch code {
    case .notADatabase, .newer, .foreign: true
    case .unreachable: !cause.isOfTheDisk
    default: false
    }
  }
}

extension (any Error)? {
  /// Whether it is SQLite's error for a disk that is full or that fails.
  ///
  /// The engine's own type stays inside the journal's module; its number comes out.
  fileprivate var isOfTheDisk: Bool {
    guard let error = self as? any CustomNSError,
      type(of: error).errorDomain == "GRDB.DatabaseError"
    else { return false }
    // SQLITE_IOERR and SQLITE_FULL, whatever the extended code says above the lowest byte.
    return [10, 13].contains(error.errorCode & 0xff)
  }
}
