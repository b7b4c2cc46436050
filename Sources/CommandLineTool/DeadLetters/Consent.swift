import Events
import Glibc

/// Asks a person before an action on many dead letters.
enum Consent {
  /// Returns when the action is agreed to.
  ///
  /// - Parameters:
  ///   - action: the action in words: `retry 11 dead letters of alpha`.
  ///   - isGiven: whether `--yes` was given.
  /// - Throws: 1, when the person declined; 64, when there is no person to ask.
  static func ask(to action: String, isGiven: Bool) throws(Failure) {
    guard !isGiven else { return }
    guard hasPerson else {
      throw Failure(
        .usage, "This would \(action). Nothing was done: repeat the command with --yes.")
    }
    Output.notes.line("This will \(action). Type yes to continue:".escapedForTerminal)
    guard isYes(readLine()) else { throw Failure(.refused, "Nothing was done.") }
  }

  /// Asks where there is a person, before an action on one dead letter that is named by its id.
  ///
  /// - Throws: 1, when the person declined.
  static func askAtTerminal(to action: String, isGiven: Bool) throws(Failure) {
    if hasPerson { try ask(to: action, isGiven: isGiven) }
  }

  private static var hasPerson: Bool {
    isatty(STDIN_FILENO) == 1 && Output.notes.isTerminal
  }

  static func isYes(_ answer: String?) -> Bool {
    ["y", "yes"].contains((answer ?? "").lowercased().filter { !$0.isWhitespace })
  }
}
