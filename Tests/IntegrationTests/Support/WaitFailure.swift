import Testing

/// An expected action that a process did not perform; with its last output.
struct WaitFailure: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String, _ limit: Duration, _ cause: any Error, _ lines: [OutputLine]) {
    let why =
      switch cause as? WaitProblem {
      case .late?: "within \(limit)"
      case .over?: "before it ended"
      case .cancelled?: "before the test was given up"
      case nil: "\(cause)"
      }
    let last = lines.suffix(25).map { "  | \($0.text)" }.joined(separator: "\n")
    description = "\(sentence) \(why); its last lines:\n\(last)"
  }
}
