import Events

/// The actions on several dead letters, in the order in which their events are to be applied.
///
/// Pure: a shell sends each action and takes in its result.
struct LetterBatch: Sendable {
  /// The result of the action on one of them.
  enum Result: Hashable, Sendable {
    case done
    /// It was held back, and the service has applied it behind this earlier one of the batch.
    case followed(String)
    /// The event's reaction failed again, or has to wait.
    case failed(String)
    /// The service refused the action.
    case refused(String)
    /// An earlier event of its subject, in this batch, stays a dead letter.
    case skipped(behind: String)
  }

  enum Step: Hashable, Sendable {
    case act(LetterSummary)
    case skip(LetterSummary, behind: String)
  }

  /// The number of results of each kind.
  struct Tally: Hashable, Sendable {
    var done = 0
    var followed = 0
    var failed = 0
    var refused = 0
    var skipped = 0
  }

  private var rest: ArraySlice<LetterSummary>
  /// The earliest event of each lane that stays.
  private var stuck: [[String]: String] = [:]
  /// The last event of each lane that is done.
  private var applied: [[String]: String] = [:]
  private(set) var tally = Tally()

  /// - Parameter letters: in any order; one that is there twice counts once.
  init(_ letters: [LetterSummary]) {
    var places: [[String]: Int] = [:]
    var known: Set<String> = []
    var placed: [(place: Int, letter: LetterSummary)] = []
    for (index, letter) in letters.enumerated() where known.insert(letter.id).inserted {
      let lane = letter.lane ?? [letter.id]
      let place = places[lane] ?? index
      places[lane] = place
      placed.append((place, letter))
    }
    placed.sort {
      $0.place == $1.place ? $0.letter.sequence < $1.letter.sequence : $0.place < $1.place
    }
    rest = placed.map(\.letter)[...]
  }

  /// The number of events without a result yet.
  var left: Int { rest.count }

  /// Whether each has its result, and each is done.
  var isDone: Bool { rest.isEmpty && tally.failed + tally.refused + tally.skipped == 0 }

  /// The next step; nil at the end.
  var next: Step? {
    guard let letter = rest.first else { return nil }
    if let lane = letter.lane, let first = stuck[lane] { return .skip(letter, behind: first) }
    return .act(letter)
  }

  /// The result of an action on the next letter, by the answer to it.
  ///
  /// - Parameters:
  ///   - action: `retry` or `discard`.
  ///   - answer: no 503.
  func result(of action: String, answer: ServiceAnswer) -> Result {
    guard action == "retry", answer.status == 404, let lane = rest.first?.lane,
      let first = applied[lane],
      // An operator may have discarded it meanwhile.
      JSONValue(answer.body)?["acts"]?.items.last?["act"]?.string != "discard"
    else { return Result(answer) }
    return .followed(first)
  }

  /// Takes in the result of the next step.
  mutating func take(_ result: Result) {
    guard let letter = rest.popFirst() else { return }
    switch result {
    case .done:
      tally.done += 1
      if let lane = letter.lane { applied[lane] = letter.id }
    case .followed: tally.followed += 1
    case .failed:
      tally.failed += 1
      if let lane = letter.lane { stuck[lane] = letter.id }
    case .refused: tally.refused += 1
    case .skipped: tally.skipped += 1
    }
  }

  /// The results in a sentence: `9 done, 2 still deferred, 1 refused`.
  var summary: String {
    var parts = ["\(tally.done.grouped) done"]
    let others = [
      (tally.followed, "followed"), (tally.failed, "still deferred"), (tally.refused, "refused"),
      (tally.skipped, "skipped behind those"), (left, "not tried"),
    ]
    for (count, name) in others where count > 0 { parts.append("\(count.grouped) \(name)") }
    return parts.joined(separator: ", ")
  }
}

extension LetterBatch.Result {
  /// - Parameter answer: the answer to an action, which is no 503.
  init(_ answer: ServiceAnswer) {
    let document = JSONValue(answer.body)
    guard (200..<300).contains(answer.status) else {
      let problem = try? ProblemView(json: answer.body)
      self = .refused("(\(answer.status)) \(problem?.sentence ?? "")")
      return
    }
    let result = document?["result"]?.string ?? "done"
    self = result == "done" ? .done : .failed(result)
  }

  /// For people.
  func line(_ id: String) -> String {
    let text =
      switch self {
      case .done: "done"
      case .followed(let first): "done: it followed \(first)"
      case .failed(let reason): "stays deferred: \(reason)"
      case .refused(let sentence): "refused \(sentence)"
      case .skipped(let first): "skipped: \(first), before it, stays deferred"
      }
    return "\(id)  \(text)".escapedForTerminal
  }
}
