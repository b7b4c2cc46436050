import Events
import Journal
import Runtime

/// The health of a service as its pages show it.
struct ServiceHealth {
  /// The health in a few words.
  let title: String
  /// The same beside the other services' panes, of which one has said that its service is away.
  let ownTitle: String
  let head: String
  let following: [StreamRow]
  let followsNothing: Bool
  let followers: [FollowerRow]
  let hasNoFollowers: Bool
  let dead: String
  let held: String
  let isNoneHeld: Bool
  let waiting: String
  let retrying: String
  let behind: String
  let heldBack: [HeldRow]
  let groups: [LetterGroup]
  let isNoneDead: Bool
  /// The number of the dead letters that are shown, where there are more.
  let shown: Int?
  /// The name of the list's page in its forms.
  let from: String

  /// - Parameters:
  ///   - assembly: the service.
  ///   - snapshot: its state.
  ///   - limit: how many dead letters are listed at most; nil for their number alone.
  ///   - page: the page.
  init(of assembly: Assembly, in snapshot: Snapshot, letters limit: Int?, from page: HealthPlace)
    throws
  {
    let head = try snapshot.head().sequence
    self.head = head.shown
    following = try assembly.followedStreams(in: snapshot).map(StreamRow.init)
    followers = try snapshot.consumers().map { FollowerRow($0, head: head) }
    let counts = try snapshot.deferredCounts()
    let deadCount = counts[.dead] ?? 0
    let heldCount = counts.reduce(0) { $0 + ($1.key == .dead ? 0 : $1.value) }
    dead = deadCount.shown
    held = heldCount.shown
    waiting = (counts[.waiting] ?? 0).shown
    retrying = (counts[.retrying] ?? 0).shown
    behind = (counts[.behind] ?? 0).shown
    heldBack = try limit.map { try snapshot.heldBack(limit: $0).map(HeldRow.init) } ?? []
    let letters = try limit.map {
      try snapshot.deadLetters(after: 0, limit: $0, all: false).map(\.letter)
    }
    groups = LetterGroup.groups(of: letters ?? [])
    shown = if let letters, letters.count < deadCount { letters.count } else { nil }
    from = page.rawValue
    followsNothing = following.isEmpty
    hasNoFollowers = followers.isEmpty
    isNoneHeld = heldCount == 0
    isNoneDead = deadCount == 0
    title = Self.title(dead: deadCount, following)
    ownTitle = Self.title(dead: deadCount, following.filter(\.isAnswered))
  }

  private static func title(dead: Int, _ following: [StreamRow]) -> String {
    if dead > 0 { return dead == 1 ? "1 dead letter" : "\(dead.shown) dead letters" }
    let worst = following.first { $0.color == "bad" } ?? following.first { $0.color == "wait" }
    return worst.map { "\($0.title) is \($0.state)" } ?? "Healthy"
  }
}

/// A followed stream on a page.
package struct StreamRow {
  /// The stream.
  package let name: String
  let title: String
  let cursor: String
  let head: String
  let lag: String
  /// The class of the state, by its effect.
  let color: String
  let state: String
  let reason: String?
  /// Whether its publisher answers.
  let isAnswered: Bool

  /// A stream as it is followed now; unknown numbers are words.
  package init(_ stream: FollowedStream) {
    name = stream.name
    title = stream.name.title
    cursor = stream.cursor.shown
    head = stream.head.map(\.shown) ?? "unknown"
    lag = stream.lag.map(\.shown) ?? "unknown"
    let words = ["catchingUp": "catching up", "standby": "taken over by another replica"]
    let word = stream.isStalled ? "stalled" : words[stream.state] ?? stream.state
    color = ["live": "good", "away": "bad", "stopped": "bad", "stalled": "bad"][word] ?? "wait"
    state = word + (stream.replica.map { " at replica \($0)" } ?? "")
    reason = stream.reason?.escapedForTerminal
    isAnswered = !["connecting", "away"].contains(stream.state)
  }
}

/// A service that follows this one, as far as it has acknowledged.
struct FollowerRow {
  let name: String
  let title: String
  let lag: String
  let color: String
  let state: String
  /// The time of its last acknowledgement; nil before the first one.
  let seenAt: Timestamp?

  init(_ consumer: Consumer, head: UInt64) {
    name = consumer.name
    title = consumer.name.title
    let behind = head - min(head, consumer.cursor)
    lag = behind.shown
    seenAt = consumer.seenAt
    switch (behind, seenAt) {
    case (_, nil): (color, state) = ("bad", "never seen")
    case (0, _): (color, state) = ("good", "up to date")
    default: (color, state) = ("wait", "behind")
    }
  }
}

/// An event that is held back, in a list.
struct HeldRow {
  let row: LetterRow
  let state: String
  let reason: String
  /// The time of the next attempt, where there is one.
  let dueAt: Timestamp?

  init(_ letter: DeadLetter) {
    row = LetterRow(letter)
    state = letter.state.rawValue
    reason = letter.reason.escapedForTerminal
    dueAt = letter.dueAt
  }
}

/// Dead letters of one reason.
struct LetterGroup {
  let key: String
  let reason: String
  let count: Int
  let letters: [LetterRow]

  /// The largest group first.
  static func groups(of letters: [DeadLetter]) -> [LetterGroup] {
    Dictionary(grouping: letters, by: \.reason)
      .sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
      .map { reason, letters in
        LetterGroup(
          key: letters.first.map { "\($0.id)" } ?? "", reason: reason.escapedForTerminal,
          count: letters.count, letters: letters.map(LetterRow.init))
      }
  }
}

/// A dead letter in a list.
struct LetterRow {
  let id: Identifier
  let stream: String
  let streamTitle: String
  let sequence: UInt64
  let title: String
  let subject: ShownIdentifier?
  let at: Timestamp
  let attempts: String
  let holdsBack: Int?
  let lastAct: String?

  init(_ letter: DeadLetter) {
    let topic = letter.record.topic
    id = letter.id
    stream = topic.stream
    streamTitle = topic.stream.title
    sequence = letter.record.header.sequence
    title = "\(topic.type) v\(topic.version)".escapedForTerminal
    subject = letter.subject.isEmpty ? nil : ShownIdentifier(letter.subject.escapedForTerminal)
    at = letter.at
    attempts = letter.attempts == 1 ? "1 attempt" : "\(letter.attempts) attempts"
    holdsBack = letter.holdsBack == 0 ? nil : letter.holdsBack
    lastAct = letter.actions.last.map { "\($0.act.rawValue): \($0.result)".escapedForTerminal }
  }
}

/// A deferred event on its own page.
struct LetterView {
  let row: LetterRow
  let reason: String
  let causes: [String]
  let isDead: Bool
  /// The data to edit: as it was typed where that was refused.
  let data: String
  let isRefused: Bool
  /// The refusal of the typed data.
  let refusal: RefusalText?
  /// The event as it came, where it was edited.
  let original: String?
  let acts: [Act]
  let hasActs: Bool

  /// An operator's action.
  struct Act {
    let key: Int
    let act: String
    let result: String
    let at: Timestamp
    let request: ShownIdentifier?
  }

  init(_ letter: DeadLetter, typed: String?, problem: Problem?) {
    row = LetterRow(letter)
    reason = letter.reason.escapedForTerminal
    causes = letter.causes.map(\.escapedForTerminal)
    isDead = letter.state == .dead
    data = typed ?? JSONValue(letter.record.body)?["data"]?.shown ?? ""
    isRefused = typed != nil
    refusal = isRefused ? problem.map(RefusalText.init) : nil
    original = letter.original.map { JSONValue($0)?.shown ?? "not JSON" }
    acts = letter.actions.enumerated().map { key, action in
      Act(
        key: key, act: action.act.rawValue, result: action.result.escapedForTerminal,
        at: action.at, request: action.requestId.map { ShownIdentifier($0.escapedForTerminal) })
    }
    hasActs = !acts.isEmpty
  }
}

extension String {
  /// The name of a service or a stream for people: `Alpha`.
  package var title: String { (prefix(1).uppercased() + dropFirst()).escapedForTerminal }
}

extension JSONValue {
  /// The value on lines, with hidden characters as escapes of JSON.
  package var shown: String {
    indented.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).escapedInsideJSON }.joined(separator: "\n")
  }
}
