import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Glibc

/// The failure of a command: the sentence for people, and the exit code for programs.
struct Failure: Error, Hashable, CustomStringConvertible {
  /// The exit codes of the design that are not good.
  enum Status: Int32 {
    /// The requested condition does not hold.
    case refused = 1
    /// The command line is malformed.
    case usage = 64
    /// A service cannot be reached.
    case unreachable = 69
    /// It took longer than allowed.
    case timedOut = 75
    /// A retry does not help before an operator acts.
    case configuration = 78
  }

  let status: Status
  let description: String

  init(_ status: Status, _ description: String) {
    self.status = status
    self.description = description
  }
}

/// A command whose failures end the process with their own exit codes.
protocol ServiceCommand: AsyncParsableCommand {
  func perform() async throws
}

extension ServiceCommand {
  /// The priority of an error in journald, which takes it from the beginning of a line.
  private static var priority: String {
    let stream = ProcessInfo.processInfo.environment["JOURNAL_STREAM"]
    return isJournald(stream, readsFrom: STDERR_FILENO) ? "<3>" : ""
  }

  mutating func run() async throws {
    defer {
      for output in [Output.streamedData, .streamedJSON, .streamedNotes] { output.flush() }
    }
    do {
      try await perform()
      try Output.data.checkWritten()
    } catch let failure as Failure {
      // It may quote a service's answer.
      for line in "eventually: \(failure)".split(separator: "\n") {
        Output.notes.line(Self.priority + String(line).escapedForTerminal)
      }
      throw ExitCode(failure.status.rawValue)
    }
  }
}

extension Output {
  /// - Throws: 1, where data could not be written; nothing for a reader that has gone, which has
  ///   seen enough.
  fileprivate func checkWritten() throws(Failure) {
    guard let failure, failure.code != EPIPE else { return }
    throw Failure(
      .refused,
      """
      the standard output cannot be written to (\(failure)). Send it to a place that takes it.
      """)
  }
}
