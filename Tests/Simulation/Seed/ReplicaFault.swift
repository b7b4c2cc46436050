/// What befalls one replica of a service, and not the others.
enum ReplicaFault: Hashable, Sendable {
  /// The answers to some of its commits are lost with its session.
  case losesAnswers
  /// It stands still while it holds roles.
  case stops
  /// It stands still in a transaction, with the journal's lock.
  case stopsInTransaction
  /// The session in which it learns of others' commits has ended.
  case hearsNothing

  /// The deed for a story, after the service.
  var story: String {
    switch self {
    case .losesAnswers: "loses answers to commits"
    case .stops: "has a holder of roles that stands still"
    case .stopsInTransaction: "has a holder of roles that stands still in a transaction"
    case .hearsNothing: "has a replica that gets no notices of others' commits"
    }
  }

  var kind: FaultKind {
    switch self {
    case .losesAnswers: .lostAnswer
    case .stops, .stopsInTransaction: .stoppedHolder
    case .hearsNothing: .lostNotice
    }
  }
}

extension FaultKind {
  /// Whether it befalls a service of several replicas alone.
  var isOfReplicas: Bool { Self.ofReplicas.contains(self) }

  static let ofReplicas: [FaultKind] = [.lostAnswer, .stoppedHolder, .lostNotice]
}
