package import Events
package import Runtime

/// The outcome of one event in a commit: the material of a log line.
package struct EventOutcome: Equatable, Sendable {
  /// The kinds of outcomes of an event.
  package enum Kind: Hashable, Sendable {
    /// This service has emitted it.
    case emitted
    /// This service has reacted to it.
    case applied
    /// It is ahead of the state that it needs, and waits.
    case waiting(String)
    /// Its reaction failed, which may pass; it is tried again.
    case retrying(String, attempt: Int)
    /// It can never be applied as it is, and is a dead letter.
    case dead(String)
    /// It was a dead letter, and an operator has discarded it.
    case discarded
    /// An event before it, of the same subject, waits or is a dead letter.
    case behind
    /// It has a type without a reaction.
    case unknown
  }

  /// The outcome of the event.
  package let kind: Kind
  /// The event's topic.
  package let topic: Topic
  /// The event's number in its stream.
  package let sequence: UInt64
  /// The time at which the event was committed to its stream's log.
  package let committedAt: Timestamp
  /// The time of its reaction, without the commit; zero where none was kept.
  package let took: Duration
  /// The event without its data; nil where the body was not read, or does not decode.
  private let attributes: EventAttributes?
  /// The event, where it was not read.
  private let unread: Record?

  /// The event's id; nil where the body does not decode.
  package var id: Identifier? { attributes?.id }
  /// The subject of the event.
  package var subject: String { attributes?.subject ?? "" }
  /// The work that the event belongs to.
  package var correlation: Correlation? { attributes?.correlation }

  init(
    _ kind: Kind, record: Record, attributes: EventAttributes?, took: Duration = .zero
  ) {
    self.kind = kind
    topic = record.topic
    sequence = record.header.sequence
    committedAt = record.header.committedAt
    self.took = took
    self.attributes = attributes
    unread = attributes == nil ? record : nil
  }

  /// The outcome with what the event's body has, which is not read for an event without a
  /// reaction.
  package var read: EventOutcome {
    guard let unread, let attributes = unread.attributes else { return self }
    return EventOutcome(kind, record: unread, attributes: attributes, took: took)
  }
}

/// The payload of an event whose content is not read.
public struct Unread: Decodable, Hashable, Sendable {
  init() {}

  /// Reads anything, and keeps nothing of it.
  public init(from decoder: any Decoder) {}
}

extension Record {
  /// What the body has beside the data; nil where it does not decode.
  var attributes: EventAttributes? { (try? Envelope<Unread>(self))?.attributes }
}
