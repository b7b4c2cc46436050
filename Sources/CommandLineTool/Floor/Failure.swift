import ArgumentParser
import Glibc

/// Why a command ends without what it was asked for: the sentence for people, and the exit code
/// for programs.
struct Failure: Error, Hashable, CustomStringConvertible {
  /// The exit codes of the design that are not good.
  enum Status: Int32 {
    /// What was asked does not hold.
    case refused = 1
    /// The command line says something that cannot be meant.
    case usage = 64
    /// A service cannot be reached.
    case unreachable = 69
    /// It took longer than allowed.
    case timedOut = 75
    /// Trying again does not help before somebody mends something.
    case configuration = 78
  }

  let status: Status
  let description: String

  init(_ status: Status, _ description: String) {
    (self.status, self.description) = (status, description)
  }
}

/// A command whose failures end the process with their own exit codes.
protocol Errand: AsyncParsableCommand {
  func perform() async throws
}

extension Errand {
  mutating func run() async throws {
    // A reader that has gone is found out by the write that fails.
    signal(SIGPIPE, SIG_IGN)
    do {
      try await perform()
    } catch let failure as Failure {
      Output.notes.line("eventually: \(failure)")
      throw ExitCode(failure.status.rawValue)
    }
  }
}
