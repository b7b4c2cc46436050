public import Events
public import FoundationEssentials
public import Journal

/// A log's reply: frames [verb, JSON, ...].
public enum LogReply: Hashable, Sendable {
  case events(EventsAnswer, [Record])
  case status(StatusAnswer)
  case error(Refusal)

  /// Reads the frames of an answer; nil when they are none.
  public init?(frames: [Data]) {
    guard frames.count >= 2 else { return nil }
    switch String(decoding: frames[0], as: UTF8.self) {
    case "EVENTS":
      guard let answer = try? EventsAnswer(json: frames[1]),
        [answer.after, answer.through, answer.head, answer.floor].allSatisfy(\.isSequence),
        let records = Self.records(frames[2...])
      else { return nil }
      self = .events(answer, records)
    case "STATUS":
      guard let answer = try? StatusAnswer(json: frames[1]) else {
        return nil
      }
      self = .status(answer)
    case "ERROR":
      guard let refusal = try? Refusal(json: frames[1]) else { return nil }
      self = .error(refusal)
    default: return nil
    }
  }

  private static func records(_ frames: ArraySlice<Data>) -> [Record]? {
    guard frames.count.isMultiple(of: 3) else { return nil }
    var records: [Record] = []
    for first in stride(from: frames.startIndex, to: frames.endIndex, by: 3) {
      guard let record = Record(sent: frames[first..<first + 3], after: records.last?.topic) else {
        return nil
      }
      records.append(record)
    }
    return records
  }

  /// The frames of the answer.
  public var frames: [Data] {
    switch self {
    case .events(let answer, let records):
      LogRequest.frames("EVENTS", json: answer) + records.frames.joined()
    case .status(let answer): LogRequest.frames("STATUS", json: answer)
    case .error(let refusal): LogRequest.frames("ERROR", json: refusal)
    }
  }

  /// The id of the request that is answered.
  public var id: JSONValue? {
    switch self {
    case .events(let answer, _): answer.id
    case .status(let answer): answer.id
    case .error(let refusal): refusal.id
    }
  }
}

/// The place that an answer's events begin after and end at.
public struct EventsAnswer: Codable, Hashable, Sendable {
  /// The id of the request.
  public var id: JSONValue?
  /// The log that answers.
  public var stream: String
  /// Its present history.
  public var epoch: Epoch
  /// The sequence number that was asked for.
  public var after: UInt64
  /// The last sequence number that this answer covers.
  public var through: UInt64
  /// The end of the log.
  public var head: UInt64
  /// The first sequence number from which nothing is missing.
  public var floor: UInt64
  /// The chain at `through`.
  public var chain: Chain

  /// An answer for this state of a log.
  public init(
    id: JSONValue?, stream: String, epoch: Epoch, after: UInt64, through: UInt64, head: UInt64,
    floor: UInt64, chain: Chain
  ) {
    self.id = id
    self.stream = stream
    self.epoch = epoch
    self.after = after
    self.through = through
    self.head = head
    self.floor = floor
    self.chain = chain
  }
}

/// The state of a log.
public struct StatusAnswer: Codable, Hashable, Sendable {
  /// The id of the request.
  public var id: JSONValue?
  /// The log that answers.
  public var stream: String
  /// Its present history.
  public var epoch: Epoch
  /// The end of the log.
  public var head: UInt64
  /// The chain at the end.
  public var chain: Chain
  /// The first sequence number from which nothing is missing.
  public var floor: UInt64
  /// Its histories, oldest first; of many, the newest ``maxLineage``.
  public var lineage: [Lineage]
  /// The number of older histories that were left out; absent for none.
  public var olderHistories: Int?
  /// Its registered followers.
  public var consumers: [Consumer]
  /// The versions of its events that are published now; absent from older publishers.
  public var catalogue: Catalogue?

  /// The largest number of histories in an answer, so that it stays far below 1 MiB.
  public static let maxLineage = 256

  /// The state of a log.
  public init(
    id: JSONValue?, stream: String, epoch: Epoch, head: UInt64, chain: Chain, floor: UInt64,
    lineage: [Lineage], consumers: [Consumer], catalogue: Catalogue?
  ) {
    self.id = id
    self.stream = stream
    self.epoch = epoch
    self.head = head
    self.chain = chain
    self.floor = floor
    self.lineage = lineage.suffix(Self.maxLineage)
    olderHistories = lineage.count > Self.maxLineage ? lineage.count - Self.maxLineage : nil
    self.consumers = Array(consumers.prefix(ExpectedConsumers.limit))
    self.catalogue = catalogue
  }
}

/// The reason for which a request is refused.
public struct Refusal: Error, Codable, Hashable, Sendable {
  /// The reason as programs read it; a newer publisher may know more of them.
  public struct Code: RawRepresentable, Codable, Hashable, Sendable {
    /// The text on the wire.
    public let rawValue: String

    /// A code by its text on the wire.
    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    /// The request cannot be read.
    public static let malformed = Code(rawValue: "malformed")
    /// This is another stream's log.
    public static let stream = Code(rawValue: "stream")
    /// The asker's history is none of this log's.
    public static let epoch = Code(rawValue: "epoch")
    /// The asker is past the end of the log.
    public static let ahead = Code(rawValue: "ahead")
    /// The asker's history is another one than this log's.
    public static let diverged = Code(rawValue: "diverged")
    /// Events after the asker's place have been removed.
    public static let behindFloor = Code(rawValue: "behind-floor")
    /// The log does not hold the events that were committed to it.
    public static let damaged = Code(rawValue: "damaged")
  }

  /// The id of the request.
  public var id: JSONValue?
  /// The reason as programs read it.
  public var code: Code
  /// The reason as people read it.
  public var message: String

  /// A refusal.
  public init(_ code: Code, message: String, id: JSONValue? = nil) {
    self.id = id
    self.code = code
    self.message = message
  }
}

extension Refusal {
  /// The disagreement between a follower and a stream, and the command that resolves it.
  package func sentence(consumer: String, stream: String) -> String {
    let reset = "eventually follow reset \(consumer) \(stream)"
    let remedy =
      switch code {
      case .ahead, .diverged, .epoch:
        """
        Nothing of it is applied until an operator decides: put \(stream)'s newer journal back, or \
        have \(consumer) take \(stream)'s present history: \(reset)
        """
      case .behindFloor:
        """
        Nothing of it is applied until an operator decides: the removed events are lost to \
        \(consumer), which continues from the kept ones after: \(reset)
        """
      case .damaged:
        "Nothing after that is applied until the log of \(stream) is repaired: put a backup back"
      default: "Nothing of it is applied. Both programs may be of different versions."
      }
    return "\(code.rawValue): \(message). \(remedy)"
  }
}
