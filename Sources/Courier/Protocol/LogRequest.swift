public import Events
public import FoundationEssentials

/// A request of a follower, a sniffer or a tool to a log: frames [verb, JSON].
public enum LogRequest: Hashable, Sendable {
  case fetch(Fetch)
  case acknowledge(Acknowledgement)
  case status(JSONValue?)

  /// A request has a verb and a JSON object.
  static let frameCount = 2
  /// The largest number of bytes of all frames of a request.
  public static let maxBytes = 4096

  /// Reads the frames of a request, the routing id taken off.
  ///
  /// Its size is looked at before anything is parsed.
  public init(frames: ArraySlice<Data>) throws(Refusal) {
    guard frames.reduce(0, { $0 + $1.count }) <= Self.maxBytes else {
      throw Refusal(.malformed, message: "a request has at most 4 KiB")
    }
    let json = frames.dropFirst().first ?? Data()
    var id: JSONValue? { try? Identified(json: json).id }
    guard let verb = frames.first.map({ String(decoding: $0, as: UTF8.self) }),
      frames.count == Self.frameCount
    else {
      throw Refusal(
        .malformed, message: "a request has two frames, a verb and a JSON object", id: id)
    }
    // A verb that is none is not repeated: it may be any bytes.
    guard ["FETCH", "ACK", "STATUS"].contains(verb) else {
      throw Refusal(.malformed, message: "the verbs are FETCH, ACK and STATUS", id: id)
    }
    do {
      self =
        switch verb {
        case "FETCH": .fetch(try Fetch(json: json))
        case "ACK": .acknowledge(try Acknowledgement(json: json))
        default: .status(try Identified(json: json).id)
        }
    } catch {
      throw Refusal(.malformed, message: "\(verb): \(DecodingProblem(error))", id: id)
    }
  }

  /// The frames of the request.
  public var frames: [Data] {
    switch self {
    case .fetch(let fetch): Self.frames("FETCH", json: fetch)
    case .acknowledge(let acknowledgement): Self.frames("ACK", json: acknowledgement)
    case .status(let id): Self.frames("STATUS", json: id.map { ["id": $0] } ?? [:])
    }
  }

  static func frames(_ verb: String, json body: some Encodable) -> [Data] {
    do {
      return [Data(verb.utf8), try body.json()]
    } catch {
      preconditionFailure("\(verb) is made of strings and numbers: \(error)")
    }
  }
}

/// The part of every request by which its answer is recognized.
private struct Identified: Decodable {
  /// Any value, null included; nil where there is none.
  let id: JSONValue?

  enum CodingKeys: CodingKey { case id }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    id = members.contains(.id) ? try members.decode(JSONValue.self, forKey: .id) : nil
  }
}

/// Asks for the events after a place in a stream's history.
public struct Fetch: Codable, Hashable, Sendable {
  /// At most this many events are answered at once.
  public static let maxLimit = 500

  /// Repeated by the answer, so that a late answer is recognized.
  public var id: JSONValue?
  /// The name of the consumer; a FETCH registers none.
  public var consumer: String?
  /// The log that is meant.
  public var stream: String
  /// The history that the asker knows; absent when it knows none.
  public var epoch: Epoch?
  /// The last sequence number that the asker has.
  public var after: UInt64
  /// The asker's chain at that number.
  public var chain: Chain?
  /// The largest number of events in the answer.
  public var limit: Int?

  /// A request for the events after a place.
  public init(
    id: JSONValue? = nil, consumer: String? = nil, stream: String, epoch: Epoch? = nil,
    after: UInt64, chain: Chain? = nil, limit: Int? = nil
  ) {
    self.id = id
    self.consumer = consumer
    self.stream = stream
    self.epoch = epoch
    self.after = after
    self.chain = chain
    self.limit = limit
  }
}

/// The position up to which a follower has applied a stream, durably.
public struct Acknowledgement: Codable, Hashable, Sendable {
  /// Repeated by an error.
  public var id: JSONValue?
  /// The follower's name.
  public var consumer: String
  /// The log that is meant.
  public var stream: String
  /// The history that the follower is in.
  public var epoch: Epoch
  /// The last event that it has applied.
  public var sequence: UInt64
  /// The follower's chain at that number: the proof that it has that event.
  public var chain: Chain?

  /// An acknowledgement.
  public init(
    id: JSONValue? = nil, consumer: String, stream: String, epoch: Epoch, sequence: UInt64,
    chain: Chain? = nil
  ) {
    self.id = id
    self.consumer = consumer
    self.stream = stream
    self.epoch = epoch
    self.sequence = sequence
    self.chain = chain
  }
}
