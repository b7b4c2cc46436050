import Events
import Journal

/// The report of a restore: its result, the lost events, and the next commands.
struct RestoreReport: Hashable, Sendable {
  /// A consumer that has to take the new history, or may have to.
  struct Follower: Hashable, Encodable {
    let name: String
    /// The position that it had acknowledged.
    let cursor: UInt64
    /// Whether it has acknowledged lost events, and so certainly stops.
    let stops: Bool
    /// The command with which it continues.
    let command: String
  }

  struct Summary: Hashable, Encodable {
    let service: String
    /// The backup; absent where the present journal was accepted.
    var file: String?
    /// The end of the log.
    let head: UInt64
    /// The history that began.
    let epoch: Epoch
    /// The history before.
    let previousEpoch: Epoch
    /// The path of the replaced journal; absent without one.
    var replaced: String?
    /// The databases beside the journal that were missing, and were put back; absent without one.
    var databases: [String]?
    /// The number of events that only the replaced journal had; absent where it is unknown.
    var lost: UInt64?
    /// The number of them that had left its log already, and cannot be listed.
    var unnamed: UInt64?
    var followers: [Follower] = []
  }

  let summary: Summary
  /// The finding before an acceptance.
  var finding: String?
  var lost: [LostEvent] = []
  /// The newer copies that were not taken.
  var skipped: [SoundCopy.Skipped] = []

  /// - Parameters:
  ///   - restoration: the result.
  ///   - file: the backup.
  ///   - databases: the databases beside the journal that were put back too.
  ///   - skipped: the newer backups that are damaged.
  init(
    _ restoration: Restoration, from file: String, databases: [String] = [],
    skipped: [SoundCopy.Skipped] = []
  ) {
    self.skipped = skipped
    let mark = restoration.restored
    let content = restoration.replaced?.content
    var summary = Summary(
      service: mark.service, file: file, head: mark.sequence, epoch: restoration.history.epoch,
      previousEpoch: mark.epoch)
    summary.replaced = restoration.replaced?.path
    summary.databases = databases.isEmpty ? nil : databases
    summary.lost = content.map { $0.mark.sequence - $0.fork }
    summary.unnamed = content.flatMap { $0.unnamed > 0 ? $0.unnamed : nil }
    summary.followers = (content?.consumers ?? []).map { consumer in
      Follower(consumer, of: mark.service, stops: consumer.cursor > content?.fork ?? 0)
    }
    self.summary = summary
    lost = content?.lost ?? []
  }

  init(_ acceptance: Acceptance) {
    let mark = acceptance.mark
    var summary = Summary(
      service: mark.service, head: mark.sequence, epoch: acceptance.history.epoch,
      previousEpoch: mark.epoch)
    summary.followers = acceptance.consumers.map {
      Follower($0, of: mark.service, stops: $0.cursor > mark.sequence)
    }
    self.summary = summary
    finding = acceptance.finding
  }
}

extension RestoreReport.Follower {
  fileprivate init(_ consumer: Consumer, of service: String, stops: Bool) {
    name = consumer.name
    cursor = consumer.cursor
    self.stops = stops
    command = "eventually follow reset \(consumer.name) \(service)"
  }
}

// MARK: For people

extension RestoreReport {
  var lines: [String] { opening + loss + next }

  private var opening: [String] {
    let service = summary.service
    let history = "A new history begins after event \(summary.head): epoch \(summary.epoch)."
    guard let file = summary.file else {
      let finding = finding ?? "it had found no loss"
      return ["\(service) keeps its journal: \(finding).".escapedForTerminal, history]
    }
    let kept = summary.replaced.map { ["The replaced journal is kept as \($0)"] } ?? []
    let others = (summary.databases ?? []).map { "\($0) was missing, and is restored too" }
    return ["\(service) is restored from \(file).", history] + others + kept
  }

  private var loss: [String] {
    guard summary.file != nil, summary.replaced != nil else { return [] }
    guard let count = summary.lost else {
      return ["The replaced journal cannot be read: the lost events are not known."]
    }
    guard count > 0 else { return ["No event is lost: the replaced journal had no more."] }
    let unnamed = (summary.unnamed.map { ["  \($0) that had left its log already"] } ?? [])
    return [
      "Lost, because only the replaced journal had them: \(count) event\(count == 1 ? "" : "s")"
    ]
      + unnamed
      + lost.map { event in
        "  #\(event.sequence)  \(event.committedAt)  \(event.type)  \(event.subject)"
          .escapedForTerminal
      }
  }

  private var next: [String] {
    let service = summary.service
    let stopped = summary.followers.filter(\.stops)
    return ["Start \(service)d again."]
      + stopped.map {
        "Then: \($0.command)    (it had acknowledged event \($0.cursor))"
      } + [
        """
        Every follower with more of the old history than event \(summary.head) stops following \
        \(service); `eventually status` shows it, with its command.
        """
      ]
  }
}

// MARK: For programs

extension RestoreReport {
  /// The result, and then each skipped copy and each lost event, as objects with one member.
  var jsonLines: [String] {
    [["restored": summary].jsonLine] + skipped.map { ["skipped": $0].jsonLine }
      + lost.map { ["lost": $0].jsonLine }
  }
}
