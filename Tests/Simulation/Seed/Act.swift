/// One act of a run: a fault, or a person's action.
///
/// A run is its seed and the list of its acts. The search for the shortest story leaves acts out,
/// and everything else stays as it was drawn.
package struct Act: Sendable, CustomStringConvertible {
  /// Its place in the list that the seed drew.
  let number: Int
  let at: Moment
  let deed: Deed

  /// The act for a story.
  package var description: String { "\(at.asSeconds)s \(deed)" }
}

/// The action.
enum Deed: Sendable, CustomStringConvertible {
  /// Messages on a link have a hard time.
  case weather(Link, Weather, until: Moment)
  /// Nothing passes on these links, and connections have to be made again afterwards.
  case cut([Link], until: Moment)
  /// A stranger sends messages on a link that are no events, no requests and no replies.
  case garbage(Link, count: Int, seed: UInt64)
  /// The queue of a link holds only so many messages.
  case narrow(Link, capacity: Int, until: Moment)
  /// A service takes this time for each input.
  case slow(Service, microseconds: UInt64, until: Moment)
  /// A service stands still (SIGSTOP).
  case pause(Service, until: Moment)
  /// A service is killed when it next comes to a point.
  case kill(Service, at: CrashPoint, downFor: UInt64, powerCutAfter: UInt64?)
  /// A machine loses its power.
  case powerCut(Service, downFor: UInt64)
  /// No commit succeeds.
  case diskFull(Service, until: Moment)
  /// Reactions of a service fail: a table of its own refuses what they write.
  case fail(Service, until: Moment)
  /// Reactions of a service fail for every product that no operator has edited.
  case refuseProducts(Service, until: Moment)
  /// Charlie cannot store the gateway's answers for some orders.
  case refuseAnswers(until: Moment)
  /// A wall clock jumps.
  case jump(Service, by: Int64)
  /// An operator makes a backup.
  case backUp(Service)
  /// An operator restores a backup: the newest one of at least this age.
  case restore(Service, age: UInt64)
  /// An operator puts the raw copy of a file in its place, which is a mistake.
  case rawCopy(Service, age: UInt64)
  /// An operator removes a consumer from the publisher's list, because it will never come back;
  /// then it does.
  case forget(consumer: Service, of: Service)
  /// A service is deployed anew, with the oldest versions pinned or with none.
  case deploy(Service, isPinned: Bool, downFor: UInt64)
  /// A service is deployed in a build from before the newest versions, and upgraded later.
  case deployOldBuild(Service, until: Moment, downFor: UInt64)
  /// A replica of a service is at fault, where there are several.
  case replica(ReplicaFault, of: Service, until: Moment)
  /// A customer orders.
  case order(CustomerPlan)
  /// The owner changes the settings.
  case changeSettings(SettingsPlan)

  /// The deed for a story.
  var description: String {
    switch self {
    case .weather(let link, let weather, let end): "\(link) \(weather) until \(end.asSeconds)s"
    case .cut(let links, let end): "\(links) cut until \(end.asSeconds)s"
    case .garbage(let link, let count, _): "\(count) messages of a stranger on \(link)"
    case .narrow(let link, let capacity, let end):
      "\(link) holds \(capacity) messages until \(end.asSeconds)s"
    case .slow(let service, let pace, let end):
      "\(service) takes \(pace.asSeconds)s for all until \(end.asSeconds)s"
    case .pause(let service, let end): "\(service) stands still until \(end.asSeconds)s"
    case .kill(let service, let point, let down, let cut):
      "\(service) is killed \(point.rawValue), for \(down.asSeconds)s"
        + (cut.map { ", its power cut \($0.asSeconds)s later" } ?? "")
    case .powerCut(let service, let down): "\(service) has no power for \(down.asSeconds)s"
    case .diskFull(let service, let end): "\(service)'s disk is full until \(end.asSeconds)s"
    case .fail(let service, let end): "\(service)'s reactions fail until \(end.asSeconds)s"
    case .refuseProducts(let service, let end):
      "\(service)'s reactions fail until \(end.asSeconds)s for products that are not edited"
    case .refuseAnswers(let end):
      "charlie cannot store the gateway's answers for some orders until \(end.asSeconds)s"
    case .jump(let service, let change): "\(service)'s clock jumps by \(change) microseconds"
    case .backUp(let service): "a backup of \(service)"
    case .restore(let service, let age): "\(service)'s backup of \(age.asSeconds)s ago is restored"
    case .rawCopy(let service, let age): "\(service)'s raw copy of \(age.asSeconds)s ago put back"
    case .forget(let consumer, let publisher): "\(consumer) is removed from \(publisher)'s list"
    case .deploy(let service, let isPinned, let down):
      "\(service) is deployed with \(isPinned ? "the oldest versions" : "nothing") pinned, after "
        + "\(down.asSeconds)s"
    case .deployOldBuild(let service, let end, let down):
      "\(service) is deployed in an old build until \(end.asSeconds)s, after \(down.asSeconds)s"
    case .replica(let fault, let service, let end):
      "\(service) \(fault.story) until \(end.asSeconds)s"
    case .order(let plan): "customer \(plan.number) wants \(plan.product) for \(plan.price)"
    case .changeSettings(let plan): "settings: \(plan)"
    }
  }

  /// The kind as the swarm and the coverage count it.
  var kind: FaultKind? {
    switch self {
    case .weather(_, let weather, _): weather.kind
    case .cut(let links, _): links.count == 1 ? .oneWayPartition : .partition
    case .garbage: .garbage
    case .narrow: .overflow
    case .slow: .slowFollower
    case .pause: .pause
    case .kill: .kill
    case .powerCut: .powerCut
    case .diskFull: .diskFull
    case .jump: .clockJump
    case .fail: .failingReaction
    case .refuseProducts: .refusedProduct
    case .refuseAnswers: .refusedAnswer
    case .backUp, .restore: .restore
    case .rawCopy: .rawCopy
    case .forget: .forgottenConsumer
    case .deploy: .versionSkew
    case .deployOldBuild: .oldReader
    case .replica(let fault, _, _): fault.kind
    case .order, .changeSettings: nil
    }
  }
}

/// The acts that can be drawn for a seed, by swarm.
package enum FaultKind: String, CaseIterable, Hashable, Sendable {
  case drop, duplicate, delay, reorder
  case partition
  case oneWayPartition = "one-way partition"
  case garbage = "malformed messages"
  case overflow = "full queue"
  case slowFollower = "slow follower"
  case pause, kill
  case powerCut = "power cut"
  case diskFull = "full disk"
  case failingReaction = "failing reaction"
  case clockJump = "clock jump"
  case restore = "restored backup"
  case rawCopy = "raw copy"
  case forgottenConsumer = "forgotten consumer"
  case versionSkew = "pinned version"
  case refusedProduct = "refused product"
  case refusedAnswer = "answer that cannot be stored"
  case oldReader = "consumer too old"
  case lostAnswer = "lost answer to a commit"
  case stoppedHolder = "stopped holder of roles"
  case lostNotice = "lost notice of a commit"
}

/// The treatment of messages on a link.
enum Weather: Hashable, Sendable {
  case dropping(percent: Int)
  case duplicating(percent: Int)
  case delaying(upTo: UInt64)
  case reordering(upTo: UInt64)

  var kind: FaultKind {
    switch self {
    case .dropping: .drop
    case .duplicating: .duplicate
    case .delaying: .delay
    case .reordering: .reorder
    }
  }
}

/// A customer's order, and the decision of the person at Alpha.
struct CustomerPlan: Hashable, Sendable {
  let number: Int
  let product: String
  /// In minor units.
  let price: Int64
  /// How long the customer looks at the form.
  let thinks: UInt64
  /// Whether the customer asks for a new quote before ordering.
  let quotesAgain: Bool
  /// Whether the answer to the checkout is lost on its way, so that it is sent again.
  let losesAnswer: Bool
  /// So many times the same command is sent again although it was answered.
  let repeats: Int
  /// How many orders the customer wants by the one cart.
  let orders: Int
  /// The customer's mistake.
  let mistakes: Set<CustomerMistake>
  let approves: Bool
  /// The time before the order is decided.
  let decidesAfter: UInt64
  /// The time after which a second decision comes: the same, or the contrary.
  let secondThoughts: (after: UInt64, approves: Bool)?

  static func == (left: Self, right: Self) -> Bool { left.number == right.number }

  func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// A command of a customer that must be refused.
enum CustomerMistake: CaseIterable, Hashable, Sendable {
  /// Another command under the key of the one before.
  case sameKey
  /// A checkout by another customer's quote.
  case foreignQuote
}

/// The operator's edit of a dead letter before it is tried again.
enum DeadLetterEdit: CaseIterable, Hashable, Sendable {
  /// Nothing.
  case nothing
  /// Another product, where the event names one, and a remark elsewhere.
  case mend
  /// Another amount, which must be refused.
  case changeMoney
  /// Data that the event's reaction cannot read, which must be refused.
  case breakSchema
}

/// The requested settings.
struct SettingsPlan: Hashable, Sendable {
  let fee: Int64
  let feeEnabled: Bool
  let discount: Int64
  let discountEnabled: Bool
  /// The change is based on settings that are not in force any more.
  let isStale: Bool
}
