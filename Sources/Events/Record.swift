public import FoundationEssentials

/// One event as it is stored in a log and sent on the wire: topic, header and body, untouched.
public struct Record: Hashable, Sendable {
  /// The largest body, 64 KiB.
  public static let maxBodyBytes = 64 * 1024

  /// Frame 0.
  public let topic: Topic
  /// Frame 1.
  public let header: Header
  /// Frame 2, a CloudEvent in JSON.
  public let body: Data
  /// The bytes of frame 1.
  package let headerBytes: Data

  /// A record of these three frames.
  public init(topic: Topic, header: Header, body: Data) {
    self.init(topic: topic, header: header, headerBytes: header.bytes, body: body)
  }

  private init(topic: Topic, header: Header, headerBytes: Data, body: Data) {
    self.topic = topic
    self.header = header
    self.headerBytes = headerBytes
    self.body = body
  }

  /// Reads the three frames of an event; nil when they are none, beats included.
  public init?(frames: [Data]) { self.init(frames: frames[...]) }

  /// Reads the three frames of an event; nil when they are none, beats included.
  ///
  /// - Parameters:
  ///   - frames: the frames of one message.
  ///   - before: the topic of the message before, which the next one often has too.
  public init?(frames: ArraySlice<Data>, after before: Topic? = nil) {
    guard frames.count == 3,
      let topic = Topic(bytes: frames[frames.startIndex], after: before),
      let header = Header(bytes: frames[frames.startIndex + 1]),
      !header.isBeat, header.schemaVersion == topic.version, header.sequence > 0
    else { return nil }
    let body = frames[frames.startIndex + 2]
    guard body.count <= Self.maxBodyBytes else { return nil }
    // Flags that this version does not know are not passed on.
    let received = frames[frames.startIndex + 1]
    let isKnown = received[received.startIndex + 3] <= 1
    self.init(
      topic: topic, header: header, headerBytes: isKnown ? received : header.bytes, body: body)
  }

  /// The three frames.
  public var frames: [Data] { [topic.bytes, headerBytes, body] }

  /// The number of bytes of the three frames.
  public var size: Int { topic.bytes.count + Header.size + body.count }

  /// Whether the record is the one that comes after a point of its stream's history.
  public func follows(sequence: UInt64, chain: Chain) -> Bool {
    header.sequence > sequence && header.sequence - sequence == 1
      && header.chain == chain.appending(topic: topic, body: body)
  }
}

extension [Record] {
  /// The frames of each.
  package var frames: [[Data]] { map { $0.frames } }
}
