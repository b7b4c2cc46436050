public import Events

/// The result of a reaction: a value, so that a decision needs no error.
public enum Outcome: Hashable, Sendable {
  /// The event is applied, or changes nothing because it was applied before.
  case done
  /// The event is ahead of the state that it needs. It is tried again when its subject changes. The
  /// effects of the reaction are undone.
  case wait(String)
  /// A failure that may pass. The event is tried again after a pause, longer each time, and is a
  /// dead letter after ten attempts. The effects of the reaction are undone. A reaction that throws
  /// has this result too, unless the error is `PermanentFailure`: then the event is rejected.
  case retry(String)
  /// The event can never be applied: it is a dead letter with this reason. The effects of the
  /// reaction are undone.
  case reject(String)
}

/// A service's reaction to an event of another service's stream.
///
/// It is a synchronous function of the event and the transaction, and cannot await: its effect,
/// the events that it emits and the cursor are committed together.
public struct Reaction: Sendable {
  let stream: String
  let type: String?
  /// The versions that it reads, oldest first; nil for one that keeps every version.
  let versions: [UInt16]?
  let prepare: @Sendable (Record) throws -> Prepared

  /// A reaction whose event was read, ready to run.
  struct Prepared {
    let attributes: EventAttributes?
    let run: (Transaction) throws -> Outcome
  }

  /// A reaction to one kind of event, which is read as its newest version.
  public static func on<E: Event>(
    _ event: E.Type, from stream: String,
    _ react: @escaping @Sendable (Envelope<E>, Transaction) throws -> Outcome
  ) -> Reaction {
    let versions = E.past.map { $0.schema.version } + [E.schema.version]
    return Reaction(stream: stream, type: E.schema.type, versions: versions) { record in
      let envelope = try E.read(record)
      return Prepared(attributes: envelope.attributes) { try react(envelope, $0) }
    }
  }

  /// A reaction to every event of a stream, of any type, for a service that only keeps them.
  public static func onEverything(
    from stream: String,
    _ react: @escaping @Sendable (Envelope<Unread>, Record, Transaction) throws -> Outcome
  ) -> Reaction {
    Reaction(stream: stream, type: nil, versions: nil) { record in
      let envelope = try Envelope<Unread>(record)
      return Prepared(attributes: envelope.attributes) { try react(envelope, record, $0) }
    }
  }
}

/// All reactions of a service; at most one for each stream and type.
public struct Reactions: Sendable {
  private var byTopic: [Key: Reaction]

  private struct Key: Hashable {
    let stream: String
    let type: String?
  }

  /// The reactions of a service.
  public init(_ reactions: [Reaction] = []) {
    byTopic = Dictionary(
      uniqueKeysWithValues: reactions.map { (Key(stream: $0.stream, type: $0.type), $0) })
  }

  /// The streams that the reactions are about, sorted.
  public var streams: [String] { Set(byTopic.keys.map(\.stream)).sorted() }

  /// The reactions with one in the place of another to the same events: those of another build of
  /// the service.
  package func replacing(_ reaction: Reaction) -> Reactions {
    var reactions = self
    reactions.byTopic[Key(stream: reaction.stream, type: reaction.type)] = reaction
    return reactions
  }

  /// The versions that are read of each type in a stream that has a reaction to its data,
  /// oldest first.
  package func versions(in stream: String) -> [String: [UInt16]] {
    byTopic.values.reduce(into: [:]) { versions, reaction in
      guard reaction.stream == stream, let type = reaction.type else { return }
      versions[type] = reaction.versions
    }
  }

  subscript(topic: Topic) -> Reaction? {
    byTopic[Key(stream: topic.stream, type: topic.type)]
      ?? byTopic[Key(stream: topic.stream, type: nil)]
  }
}

extension Reactions: ExpressibleByArrayLiteral {
  /// The reactions of a service.
  public init(arrayLiteral reactions: Reaction...) {
    self.init(reactions)
  }
}
