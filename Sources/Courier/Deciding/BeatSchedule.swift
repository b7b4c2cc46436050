import FoundationEssentials

/// Schedules the beats: each prefix gets one every second, and one soon after each new
/// subscription.
///
/// The number of beats is bounded, regardless of the number of subscriptions: at most one beat to a
/// prefix in 100 ms, and at most ``maxPrompt`` to prefixes other than the followers' in that time.
/// A delayed beat is sent when that time is over.
struct BeatSchedule: Sendable {
  /// The largest number of prefixes with beats; a further subscription gets events and no beat.
  static let maxPrefixes = 1024
  /// A longer prefix gets events and no beat.
  static let maxPrefixBytes = 255
  /// New subscriptions of a prefix share a beat for so long.
  static let interval = Duration.milliseconds(100)
  /// The largest number of beats that new subscriptions cause in an interval, except those to the
  /// followers.
  static let maxPrompt = 64

  /// The prefix of the stream's followers: no other takes its place.
  private let always: Data
  private var prefixes: [Data: Entry] = [:]
  /// Those of them that have no subscriber any more.
  private var cancelled: Set<Data> = []
  private var count = 0
  private var intervalBegan: Duration?
  private var sentInInterval = 0
  /// The prefixes of new subscriptions that wait for their beat.
  private var owed: Set<Data> = []
  /// The time of the next call of ``takeDue(at:)``; nil while no beat is owed.
  private(set) var nextBeatAt: Duration?

  private struct Entry {
    /// Its place in the order of subscription.
    let number: Int
    var sentAt: Duration?
  }

  init(always: Data) {
    self.always = always
  }

  /// - Returns: whether the prefix gets its beat at once.
  mutating func subscribed(_ prefix: Data, at now: Duration) -> Bool {
    guard prefix.count <= Self.maxPrefixBytes, makeRoom(for: prefix) else { return false }
    count += 1
    prefixes[prefix] = prefixes[prefix] ?? Entry(number: count)
    cancelled.remove(prefix)
    guard !owed.contains(prefix) else { return false }
    let sentAt = prefixes[prefix]?.sentAt
    guard sentAt.map({ now - $0 >= Self.interval }) ?? true, mayPrompt(prefix, at: now) else {
      owed.insert(prefix)
      nextBeatAt = nextBeatAt ?? (sentAt ?? now) + Self.interval
      return false
    }
    sent(prefix, at: now)
    return true
  }

  private mutating func makeRoom(for prefix: Data) -> Bool {
    guard prefix != always, prefixes[prefix] == nil else { return true }
    // One place is the followers'.
    let others = prefixes.count - (prefixes[always] == nil ? 0 : 1)
    guard others >= Self.maxPrefixes - 1 else { return true }
    // One is enough, and found at once: a flood of prefixes must not look through all of them.
    guard let place = cancelled.first(where: { $0 != always }) else { return false }
    cancelled.remove(place)
    prefixes[place] = nil
    return true
  }

  private mutating func mayPrompt(_ prefix: Data, at now: Duration) -> Bool {
    if intervalBegan.map({ now - $0 >= Self.interval }) ?? true {
      intervalBegan = now
      sentInInterval = 0
    }
    return prefix == always || sentInInterval < Self.maxPrompt
  }

  private mutating func sent(_ prefix: Data, at now: Duration) {
    prefixes[prefix]?.sentAt = now
    owed.remove(prefix)
    if prefix != always { sentInInterval += 1 }
  }

  /// The last subscriber of a prefix is gone.
  ///
  /// The time of its last beat is remembered for a while, since it may come again at once.
  mutating func cancelled(_ prefix: Data) {
    if prefixes[prefix] != nil { cancelled.insert(prefix) }
    owed.remove(prefix)
  }

  /// The prefixes whose delayed beat is due now.
  mutating func takeDue(at now: Duration) -> [Data] {
    let due = inOrder(owed).filter { prefix in
      prefixes[prefix]?.sentAt.map { now - $0 >= Self.interval } ?? true
    }
    let prompted = due.filter { prefix in
      guard mayPrompt(prefix, at: now) else { return false }
      sent(prefix, at: now)
      return true
    }
    nextBeatAt = owed.isEmpty ? nil : now + Self.interval
    return prompted
  }

  /// Every prefix: a second has passed.
  mutating func takeAll(at now: Duration) -> [Data] {
    for prefix in cancelled { prefixes[prefix] = nil }
    cancelled = []
    let all = inOrder(prefixes.keys)
    for prefix in all { prefixes[prefix]?.sentAt = now }
    owed = []
    nextBeatAt = nil
    return all
  }

  private func inOrder(_ some: some Sequence<Data>) -> [Data] {
    some.sorted { (prefixes[$0]?.number ?? 0) < (prefixes[$1]?.number ?? 0) }
  }
}
