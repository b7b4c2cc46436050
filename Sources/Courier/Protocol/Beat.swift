import Events
public import FoundationEssentials
public import Journal
public import Runtime

/// A publisher's message to each subscribed prefix, every second: its published position.
public struct Beat: Hashable, Sendable {
  /// The stream that beats.
  public let stream: String
  /// The last published event: its epoch, number and chain.
  public let cursor: Cursor
  /// The time at which that event was committed.
  public let committedAt: Timestamp
  /// The first sequence number from which nothing is missing.
  public let floor: UInt64
  /// The hash of the published versions; nil from an older publisher.
  public let catalogue: String?

  private struct Body: Codable {
    let stream: String
    let floor: UInt64
    let catalogue: String?
  }

  /// The beat of a log that has published all up to its head.
  package init(_ head: Head, catalogue: String? = nil) {
    stream = head.stream
    cursor = head.cursor
    committedAt = head.committedAt
    floor = head.floor
    self.catalogue = catalogue
  }

  /// Reads the frames of a beat; nil when they are none.
  public init?(frames: [Data]) {
    guard frames.count == 3, let header = Header(bytes: frames[1]), header.isBeat,
      header.sequence.isSequence,
      let body = try? Body(json: frames[2])
    else { return nil }
    stream = body.stream
    floor = body.floor
    catalogue = body.catalogue
    committedAt = header.committedAt
    cursor = Cursor(epoch: header.epoch, sequence: header.sequence, chain: header.chain)
  }

  /// The frames of the beat to the subscribers of a prefix.
  package func frames(to prefix: Data) -> [Data] {
    frames(to: [prefix])[0]
  }

  /// The frames of the beat to each of some prefixes, made once for all of them.
  package func frames(to prefixes: [Data]) -> [[Data]] {
    let header = Header(
      isBeat: true, schemaVersion: 0, leastReader: 0, epoch: cursor.epoch ?? Epoch(0),
      sequence: cursor.sequence, committedAt: committedAt, chain: cursor.chain)
    let body = LogRequest.frames(
      "", json: Body(stream: stream, floor: floor, catalogue: catalogue))[1]
    let bytes = header.bytes
    return prefixes.map { [Topic.beat(to: $0), bytes, body] }
  }
}
