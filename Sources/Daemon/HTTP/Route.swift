import Events
public import HTTPTypes
public import Journal

/// One path of a service, with what it answers.
///
/// Handlers are synchronous functions of values: the shell runs them with a snapshot or inside a
/// transaction, over HTTP or in a simulation.
public struct Route: Sendable {
  /// The method that it answers to.
  ///
  /// A GET answers HEAD too.
  public let method: HTTPRequest.Method
  /// The path, where `:name` stands for one part that is handed to the handler.
  public let path: String
  /// The query parameters that it takes; any other one is refused with 422.
  public let queryParameters: [String]
  /// The media type of the body that it takes; nil where it needs no body.
  let mediaType: String?
  /// Whether it makes the journal larger: it is refused while the disk is nearly full.
  let creates: Bool
  let work: Work

  /// What a handler needs.
  enum Work: Sendable {
    case nothing(@Sendable (Call) throws -> Answer)
    case snapshot(@Sendable (Call, Snapshot) throws -> Answer)
    case transaction(@Sendable (Call, Transaction) throws -> Answer)
  }

  init(
    _ method: HTTPRequest.Method, _ path: String, takes queryParameters: [String] = [],
    mediaType: String? = nil, creates: Bool = false, _ work: Work
  ) {
    precondition(path.hasPrefix("/"), "a route's path begins with “/”: \(path)")
    self.method = method
    self.path = path
    self.queryParameters = queryParameters
    self.mediaType = mediaType
    self.creates = creates
    self.work = work
  }

  /// GET, answered without the journal.
  ///
  /// - Parameter queryParameters: the query parameters that it takes.
  public static func plain(
    _ path: String, takes queryParameters: [String] = [],
    _ answer: @escaping @Sendable (Call) throws -> Answer
  ) -> Route {
    Route(.get, path, takes: queryParameters, .nothing(answer))
  }

  /// GET, answered from one snapshot of what was committed; for JSON and pages alike.
  ///
  /// - Parameter queryParameters: the query parameters that it takes, for example
  ///   `["state"] + .newestFirst`.
  public static func query(
    _ path: String, takes queryParameters: [String] = [],
    _ answer: @escaping @Sendable (Call, Snapshot) throws -> Answer
  ) -> Route {
    Route(.get, path, takes: queryParameters, .snapshot(answer))
  }

  /// A command of the JSON API, decided and committed in one transaction, and answered after it.
  ///
  /// An error rolls the transaction back. A POST may be repeated by its `Idempotency-Key`.
  ///
  /// - Parameter creates: whether it makes the journal larger for good. Such a command is refused
  ///   while the disk is nearly full; a command about an existing order is not.
  public static func command(
    _ method: HTTPRequest.Method, _ path: String, creates: Bool = true,
    _ decide: @escaping @Sendable (Call, Transaction) throws -> Answer
  ) -> Route {
    guard method == .post else {
      return Route(method, path, mediaType: jsonType, creates: creates, .transaction(decide))
    }
    return Route(
      method, path, mediaType: jsonType, creates: creates,
      .transaction { try answerOnce($0, $1, decide) })
  }

  /// POST of a form from one of this service's pages, decided and committed in one transaction.
  ///
  /// It answers with ``Answer/seeOther(_:)``, and refuses what a page of another site sends.
  public static func form(
    _ path: String, creates: Bool = true,
    _ decide: @escaping @Sendable (Call, Transaction) throws -> Answer
  ) -> Route {
    Route(.post, path, mediaType: formType, creates: creates, .transaction(decide))
  }
}

extension Route {
  /// Answers a call on the calling thread, for simulations and tests.
  func answer(_ call: Call, from journal: ServiceJournal) throws -> Answer {
    let call = try admitted(call)
    return switch work {
    case .nothing(let answer): try answer(call)
    case .snapshot(let answer): try journal.read { try answer(call, $0) }
    case .transaction(let decide): try journal.write { try run(decide, call, $0) }
    }
  }

  /// Answers a call without blocking the calling thread.
  ///
  /// - Parameters:
  ///   - journal: the service's; nil for a plain route only.
  ///   - patience: how long to wait for a failure that passes by itself.
  func answer(_ call: Call, from journal: ServiceJournal?, patience: Duration) async throws
    -> Answer
  {
    let call = try admitted(call)
    switch (work, journal) {
    case (.nothing(let answer), _): return try answer(call)
    case (.snapshot(let answer), let journal?):
      return try await journal.read(patience: patience) { try answer(call, $0) }
    case (.transaction(let decide), let journal?):
      return try await journal.write(patience: patience) { try run(decide, call, $0) }
    case (_, nil): preconditionFailure("\(path) needs a journal, and there is none")
    }
  }

  /// Refuses what no transaction is needed for, and parses the body.
  private func admitted(_ call: Call) throws(Problem) -> Call {
    switch mediaType {
    case formType: _ = try call.form()
    case jsonType:
      try call.requireJSON()
      if method == .post { _ = try call.idempotencyKey() }
      return call.parsed()
    default: break
    }
    return call
  }

  /// A service whose history is in doubt decides nothing.
  private func run(
    _ decide: (Call, Transaction) throws -> Answer, _ call: Call, _ transaction: Transaction
  ) throws -> Answer {
    try transaction.requireHistory()
    return try decide(call, transaction)
  }
}
