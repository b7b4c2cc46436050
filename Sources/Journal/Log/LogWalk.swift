import Events

/// The way through a log, record by record: a value.
struct LogWalk {
  private let head: Head
  /// The chain before the floor; nil where it is not known.
  private let lineage: [Lineage]
  private let floorChain: Chain?
  private var before: Header?

  init(_ head: Head, lineage: [Lineage], floorChain: Chain?) {
    self.head = head
    self.lineage = lineage
    self.floorChain = floorChain
  }

  mutating func problems(at sequence: UInt64, _ record: Record?) -> [String] {
    guard let record else { return ["event \(sequence) cannot be read"] }
    let header = record.header
    defer { before = header }
    var problems: [String] = []
    if header.sequence != sequence { problems.append("event \(sequence) has another number") }
    if record.topic.stream != head.stream {
      problems.append("event \(sequence) is of the stream \(record.topic.stream)")
    }
    // The chain covers the topic and the body; the body repeats the fields of the header.
    let envelope = try? Envelope<Unread>(record)
    if envelope?.time != header.committedAt {
      problems.append("event \(sequence) has another time in its header than in its body")
    }
    if header.epoch != lineage.last(where: { $0.from < sequence })?.epoch {
      problems.append("event \(sequence) is of a history that the journal did not have then")
    }
    if let before, header.committedAt <= before.committedAt {
      problems.append("event \(sequence) is not later than the one before it")
    }
    if sequence > head.sequence { problems.append("event \(sequence) is after the head") }
    return problems + chainProblems(record, sequence: sequence)
  }

  private func chainProblems(_ record: Record, sequence: UInt64) -> [String] {
    let previous: Chain? =
      before?.sequence == sequence - 1
      ? before?.chain : sequence == 1 ? .zero : sequence == head.floor ? floorChain : nil
    if let previous {
      return record.follows(sequence: sequence - 1, chain: previous)
        ? [] : ["event \(sequence) does not follow the chain"]
    }
    return sequence > head.floor ? ["events before \(sequence) are missing"] : []
  }

  func problemsAtEnd() -> [String] {
    let isEmpty = head.floor > head.sequence
    guard !isEmpty else {
      return floorChain == nil || floorChain == head.chain
        ? [] : ["the chain at the floor is not that of the head"]
    }
    guard let before, before.sequence == head.sequence else {
      return ["the log does not end at the head \(head.sequence)"]
    }
    var problems: [String] = []
    if before.chain != head.chain { problems.append("the chain of the head is another") }
    if before.committedAt != head.committedAt { problems.append("the time of the head is another") }
    return problems
  }
}
