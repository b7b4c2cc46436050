import Events
import Runtime
import Schema

/// The checker's model of one service's journal.
///
/// It goes where the journal goes: a restored backup brings the model of its own time.
struct NodeModel {
  let service: Service
  /// The log from its first event on, removed ones included.
  private(set) var log: [LoggedEvent] = []
  /// The first number from which the log is complete.
  var floor = UInt64(1)
  /// The events of the log about each order.
  private(set) var orders: [Identifier: OwnOrder] = [:]
  var followed: [Service: FollowedModel] = [:]
  /// The answers to people, which must stay valid.
  var told = Told()
  /// The edits that it has taken, the last of each dead letter.
  private(set) var edits: [Identifier: LetterEdit] = [:]
  /// The version of the settings that this service has last kept.
  var settingsVersion: Int64 = 0

  init(_ service: Service) {
    self.service = service
    for stream in service.follows { followed[stream] = FollowedModel() }
  }

  /// This older journal takes the place of a newer one: what that had taken may be gone at the
  /// publishers, since it was acknowledged.
  mutating func excuse(by newer: NodeModel) {
    for (stream, taken) in newer.followed {
      followed[stream]?.excused.formUnion(taken.taken.union(taken.excused))
    }
  }

  mutating func take(_ edit: LetterEdit) {
    edits[edit.letter] = edit
  }

  /// The products that operators have entered for an order in events of a type.
  func editedProducts(of order: Identifier, in type: String) -> Set<String> {
    let own = edits.values.filter { $0.subject == order.description && $0.type == type }
    return Set(own.compactMap { $0.data["product"]?.string })
  }

  mutating func append(_ event: LoggedEvent) {
    log.append(event)
  }

  mutating func change(_ order: Identifier, _ change: (inout OwnOrder) -> Void) {
    change(&orders[order, default: OwnOrder()])
  }
}

/// One event of a log.
struct LoggedEvent {
  let epoch: Epoch
  let sequence: UInt64
  let chain: Chain
  let type: String
  let subject: String
  let committedAt: Timestamp
}

/// The events of one log about an order.
struct OwnOrder {
  var captured = 0
  var approved = 0
  var rejected = 0
  var finalized: [OrderFinalized.Outcome] = []
  /// The id of the charge and whether it was charged; published again when the approval is
  /// repeated.
  var settled: (charge: Identifier, isCharged: Bool)?
}

/// How far a service has applied another's log.
struct FollowedModel {
  var cursor = UInt64(0)
  var chain = Chain.zero
  /// The events that were applied in this history.
  var applied: Set<Identifier> = []
  /// The deferred events without a decision.
  var aside: [Identifier: Aside] = [:]
  /// The numbers of all events that were applied, deferred, unknown, or discarded.
  var taken: Set<UInt64> = []
  /// The number up to which it is read again after a reset: what was applied before comes again.
  var readAgainUntil = UInt64(0)
  /// The numbers that were taken before the resets, and those that a restore has taken away: only these
  /// may be missing from ``taken``.
  var excused: Set<UInt64> = []

  /// Whether it is read again.
  var isReadAgain: Bool { cursor < readAgainUntil }

  /// The place after a reset.
  func reset() -> FollowedModel {
    var fresh = FollowedModel()
    fresh.readAgainUntil = max(cursor, readAgainUntil)
    fresh.excused = excused.union(taken)
    fresh.aside = aside
    fresh.resets = resets + 1
    return fresh
  }

  /// How often it was reset.
  ///
  /// A number of another history has no meaning for the order.
  var resets = 0

  struct Aside {
    let sequence: UInt64
    let subject: String
    /// How often the stream had been reset when the event was read.
    let resets: Int
    /// Whether it was deferred because the service's build was too old to read it.
    let isTooNew: Bool
  }
}

/// The answers to people.
struct Told {
  /// Orders that were accepted (202).
  var accepted: Set<Identifier> = []
  /// Decisions that were confirmed (200): whether approved.
  var decided: [Identifier: Bool] = [:]
  /// Versions of the settings that were confirmed (200).
  var settings: Set<Int64> = []
}
