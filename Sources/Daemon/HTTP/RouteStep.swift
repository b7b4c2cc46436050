package import Journal

/// The work that answers a request: a value, which a driver performs.
package enum RouteStep: Sendable {
  case response(Response)
  case stream(@Sendable (Snapshot) throws -> EventFeed)
  case read(@Sendable (Snapshot) throws -> Response)
  case write(@Sendable (Transaction) throws -> Response)

  /// Performs it on the calling thread; of a stream, the beginning.
  func response(from journal: ServiceJournal) throws -> Response {
    switch self {
    case .response(let response): response
    case .stream(let open): try journal.read { try open($0).response(in: $0) }
    case .read(let query): try journal.read(query)
    case .write(let decide): try journal.write(decide)
    }
  }

  /// Performs it without blocking the calling thread.
  ///
  /// - Parameters:
  ///   - journal: the service's; nil where no route needs one.
  ///   - patience: the time to wait for a failure that passes.
  func response(from journal: ServiceJournal?, patience: Duration) async throws -> Response {
    switch (self, journal) {
    case (.response(let response), _): return response
    case (.stream(let open), let journal?):
      return try await journal.read(patience: patience) { try open($0).response(in: $0) }
    case (.read(let query), let journal?):
      return try await journal.read(patience: patience, query)
    case (.write(let decide), let journal?):
      return try await journal.write(patience: patience, decide)
    case (_, nil): preconditionFailure("a route needs a journal, and there is none")
    }
  }
}

extension [Route] {
  /// The work that answers a request.
  package func step(for request: Request) throws -> RouteStep {
    let (route, request) = try find(request)
    return try route.step(for: request)
  }
}

extension Response {
  /// The response to a request that met an error.
  package static func refusal(_ error: any Error, to request: Request) -> Response {
    .problem(Problem(error), to: request)
  }
}
