/// The places at which a service is killed.
package enum CrashPoint: String, CaseIterable, Hashable, Sendable {
  /// The transaction is lost.
  case beforeCommit = "before commit"
  /// The commit can be read, and is not on disk: a power cut would still take it.
  case midCommit = "between commit and sync"
  case afterCommit = "after commit, before publish"
  case amongAnswers = "between the answers of a commit"
  case afterPublish = "after publish"
  case fetchedNotApplied = "between fetch and apply"
  case deadLetterMove = "during a dead-letter move"
  case compaction = "during compaction"
  case chargeAsked = "during a charge, before the gateway answered"
  case chargeAnswered = "during a charge, answered and not stored"
  case answerUnstored = "during a charge, after its answer could not be stored"
  case migration = "during migration"

  /// The points that are drawn at any time; ``answerUnstored`` is drawn with its fault.
  static let drawn = allCases.filter { $0 != .answerUnstored }
}
