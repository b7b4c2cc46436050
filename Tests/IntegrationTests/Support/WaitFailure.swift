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
    // Of a crash the beginning says more than the end.
    let crash = lines.firstIndex { $0.text.contains("Program crashed") }
    let shown = crash.map { lines[$0...].prefix(60) } ?? lines.suffix(25)
    let last = shown.map { "  | \($0.text)" }.joined(separator: "\n")
    description = "\(sentence) \(why); its last lines:\n\(last)"
  }
}
