package import Journal

/// What is to be done to answer a call: a value, which a driver performs.
package enum RouteStep: Sendable {
  case answer(Answer)
  case read(@Sendable (Snapshot) throws -> Answer)
  case write(@Sendable (Transaction) throws -> Answer)

  /// Performs it on the calling thread.
  func answer(from journal: ServiceJournal) throws -> Answer {
    switch self {
    case .answer(let answer): answer
    case .read(let query): try journal.read(query)
    case .write(let decide): try journal.write(decide)
    }
  }

  /// Performs it without blocking the calling thread.
  ///
  /// - Parameters:
  ///   - journal: the service's; nil where no route needs one.
  ///   - patience: how long to wait for a failure that passes by itself.
  func answer(from journal: ServiceJournal?, patience: Duration) async throws -> Answer {
    switch (self, journal) {
    case (.answer(let answer), _): return answer
    case (.read(let query), let journal?):
      return try await journal.read(patience: patience, query)
    case (.write(let decide), let journal?):
      return try await journal.write(patience: patience, decide)
    case (_, nil): preconditionFailure("a route needs a journal, and there is none")
    }
  }
}

extension [Route] {
  /// The work that answers a call.
  package func step(for call: Call) throws -> RouteStep {
    let (route, call) = try find(call)
    return try route.step(for: call)
  }
}

extension Answer {
  /// The answer to a call that met an error.
  package static func refusal(_ error: any Error, to call: Call) -> Answer {
    .problem(Problem(error), to: call)
  }
}
