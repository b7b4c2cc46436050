import Courier
import Journal

/// The state of the daemon in one line, for the supervisor's `STATUS`.
struct DaemonStatus: Sendable {
  let assembly: Assembly
  let readiness: Readiness
  let configuration: CurrentConfiguration

  init(
    _ assembly: Assembly, configuration: CurrentConfiguration, readiness: Readiness? = nil
  ) {
    self.assembly = assembly
    self.readiness = readiness ?? Readiness(assembly)
    self.configuration = configuration
  }

  /// The line now.
  ///
  /// A journal that cannot be read at once leaves out its numbers.
  func line() async -> String {
    let numbers = try? await assembly.journal.read(patience: .zero) { snapshot in
      (head: try snapshot.head().sequence, deadLetters: try snapshot.deadLetterCount())
    }
    let state = StatusLine(
      readiness: readiness.now, head: numbers?.head,
      behind: assembly.subscriptions().reduce(0) { $0 + ($1.lag ?? 0) },
      deadLetters: numbers?.deadLetters ?? 0, isRefused: configuration.isRefused)
    return state.text
  }
}

/// The parts of a status line.
///
/// A value without I/O.
struct StatusLine: Sendable {
  let readiness: Readiness.State
  /// The sequence number of the last event; nil where it is unknown.
  let head: UInt64?
  /// The number of events of other streams that are still to come.
  let behind: UInt64
  let deadLetters: Int
  /// Whether the last reload was refused.
  let isRefused: Bool

  /// For example `ready, head 12, 0 events behind; needs attention: 2 dead letters`.
  var text: String {
    let state =
      readiness.reasons.map { "not ready: \($0.joined(separator: "; "))" } ?? readiness.status
    let parts = [state, head.map { "head \($0)" }, "\(behind) events behind"].compactMap(\.self)
    return ([parts.joined(separator: ", ")] + notes).joined(separator: "; ")
  }

  private var notes: [String] {
    let attention =
      [
        deadLetters == 0 ? nil : "\(deadLetters) dead letter\(deadLetters == 1 ? "" : "s")",
        isRefused ? "the last reload was refused" : nil,
      ].compactMap(\.self) + (readiness.attention ?? [])
    return [
      readiness.away.map { "without an answer: \($0.joined(separator: ", "))" },
      attention.isEmpty ? nil : "needs attention: \(attention.joined(separator: ", "))",
    ].compactMap(\.self)
  }
}
