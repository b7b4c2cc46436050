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
  let admit: @Sendable (Call) throws -> Void
  let work: Work

  /// What a handler needs.
  enum Work: Sendable {
    case nothing(@Sendable (Call) throws -> Answer)
    case snapshot(@Sendable (Call, Snapshot) throws -> Answer)
    case transaction(@Sendable (Call, Transaction) throws -> Answer)
  }

  private init(
    _ method: HTTPRequest.Method, _ path: String, _ work: Work,
    admit: @escaping @Sendable (Call) throws -> Void = { _ in }
  ) {
    precondition(path.hasPrefix("/"), "a route's path begins with “/”: \(path)")
    self.method = method
    self.path = path
    self.work = work
    self.admit = admit
  }

  /// GET, answered without the journal.
  public static func plain(
    _ path: String, _ answer: @escaping @Sendable (Call) throws -> Answer
  ) -> Route {
    Route(.get, path, .nothing(answer))
  }

  /// GET, answered from one snapshot of what was committed; for JSON and pages alike.
  public static func query(
    _ path: String, _ answer: @escaping @Sendable (Call, Snapshot) throws -> Answer
  ) -> Route {
    Route(.get, path, .snapshot(answer))
  }

  /// A command of the JSON API, decided and committed in one transaction, and answered after it.
  ///
  /// What it throws rolls the transaction back. A POST heeds `Idempotency-Key`.
  public static func command(
    _ method: HTTPRequest.Method, _ path: String,
    _ decide: @escaping @Sendable (Call, Transaction) throws -> Answer
  ) -> Route {
    let admit: @Sendable (Call) throws -> Void = { call in
      try call.requireOwnOrigin()
      try call.requireJSON()
    }
    guard method == .post else {
      return Route(method, path, .transaction(decide), admit: admit)
    }
    return Route(
      method, path, .transaction { try answerOnce($0, $1, decide) },
      admit: { call in
        try admit(call)
        _ = try call.idempotencyKey()
      })
  }

  /// POST of a form from one of this service's pages, decided and committed in one transaction.
  ///
  /// It answers with ``Answer/seeOther(_:)``, and refuses what a page of another site sends.
  public static func form(
    _ path: String, _ decide: @escaping @Sendable (Call, Transaction) throws -> Answer
  ) -> Route {
    Route(
      .post, path, .transaction(decide),
      admit: { call in
        try call.requireOwnOrigin()
        _ = try call.form()
      })
  }
}

extension Route {
  /// Answers a call on the calling thread, for simulations and tests.
  func answer(_ call: Call, from journal: ServiceJournal) throws -> Answer {
    try admit(call)
    return switch work {
    case .nothing(let answer): try answer(call)
    case .snapshot(let answer): try journal.read { try answer(call, $0) }
    case .transaction(let decide): try journal.commit { try run(decide, call, $0) }
    }
  }

  /// Answers a call without blocking the calling thread.
  ///
  /// - Parameter patience: how long to wait for what passes by itself.
  func answer(_ call: Call, from journal: ServiceJournal, patience: Duration) async throws
    -> Answer
  {
    try admit(call)
    return switch work {
    case .nothing(let answer): try answer(call)
    case .snapshot(let answer): try await journal.read(patience: patience) { try answer(call, $0) }
    case .transaction(let decide):
      try await journal.write(patience: patience) { try run(decide, call, $0) }
    }
  }

  /// A service whose history is in doubt decides nothing.
  private func run(
    _ decide: (Call, Transaction) throws -> Answer, _ call: Call, _ transaction: Transaction
  ) throws -> Answer {
    try transaction.requireHistory()
    return try decide(call, transaction)
  }
}
