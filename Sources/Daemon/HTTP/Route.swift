import Events
public import HTTPTypes
public import Journal

/// One path of a service, with its handler.
///
/// Handlers are synchronous functions of values: the shell runs them with a snapshot or inside a
/// transaction, over HTTP or in a simulation. The body of a command is read before its transaction,
/// so that other writes do not wait for that.
public struct Route: Sendable {
  /// The method that it answers to.
  ///
  /// A GET answers HEAD too.
  public let method: HTTPRequest.Method
  /// The path.
  ///
  /// `:name` is one part, which is passed to the handler.
  public let path: String
  /// The parts of the path between the slashes.
  let parts: [Part]
  /// The query parameters that it takes; any other one is refused with 422.
  public let queryParameters: [String]
  /// The media type of the body that it takes; nil where it needs no body.
  let mediaType: String?
  /// Whether it makes the journal larger: it is refused while the disk is nearly full.
  let creates: Bool
  let work: Work
  /// The response while the journal cannot be read; nil for a refusal.
  var unreadable: (@Sendable (Request) -> Response)?
  /// The page for a person whose form was refused; nil for the page of the problem.
  var refused: (@Sendable (Problem, Request, Snapshot) throws -> Response)?

  /// A part of the path.
  enum Part: Sendable {
    case text(String)
    /// Any text but an empty one, passed to the handler by this name.
    case parameter(String)
  }

  /// The names of the parameters in the path.
  var parameterNames: [String] {
    parts.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
  }

  /// The needs of a handler.
  enum Work: Sendable {
    case feed(@Sendable (Request, Snapshot) throws -> EventFeed)
    case nothing(@Sendable (Request) throws -> Response)
    case snapshot(@Sendable (Request, Snapshot) throws -> Response)
    case transaction(@Sendable (Request) throws -> Decide)
  }

  /// Decides a command that has been read.
  typealias Decide = @Sendable (Transaction) throws -> Response

  init(
    _ method: HTTPRequest.Method, _ path: String, takes queryParameters: [String] = [],
    mediaType: String? = nil, creates: Bool = false, _ work: Work
  ) {
    precondition(path.hasPrefix("/"), "a route's path begins with “/”: \(path)")
    self.method = method
    self.path = path
    parts = path.split(separator: "/", omittingEmptySubsequences: false).map {
      $0.hasPrefix(":") ? .parameter(String($0.dropFirst())) : .text(String($0))
    }
    self.queryParameters = queryParameters
    self.mediaType = mediaType
    self.creates = creates
    self.work = work
  }

  /// GET, answered without the journal.
  ///
  /// - Parameters:
  ///   - path: the path, with `:name` for a part that varies.
  ///   - queryParameters: the query parameters that it takes.
  ///   - response: answers a request.
  public static func plain(
    _ path: String, takes queryParameters: [String] = [],
    _ response: @escaping @Sendable (Request) throws -> Response
  ) -> Route {
    Route(.get, path, takes: queryParameters, .nothing(response))
  }

  /// GET, answered from one snapshot of committed data; for JSON and pages alike.
  ///
  /// - Parameters:
  ///   - path: the path, with `:name` for a part that varies.
  ///   - queryParameters: the query parameters that it takes, for example
  ///     `["state"] + .newestFirst`.
  ///   - response: answers a request from the snapshot.
  public static func query(
    _ path: String, takes queryParameters: [String] = [],
    _ response: @escaping @Sendable (Request, Snapshot) throws -> Response
  ) -> Route {
    Route(.get, path, takes: queryParameters, .snapshot(response))
  }

  /// GET, answered with server-sent events until the client leaves or the service stops.
  ///
  /// The errors of the closure are refusals, before the stream begins. In a simulation the response
  /// is the beginning of the stream.
  ///
  /// - Parameters:
  ///   - path: the path.
  ///   - queryParameters: the query parameters that it takes; `after` is that of
  ///     ``Request/resumePosition()``.
  ///   - open: decides where the stream begins, and reads its parts.
  public static func stream(
    _ path: String, takes queryParameters: [String] = [],
    _ open: @escaping @Sendable (Request, Snapshot) throws -> EventFeed
  ) -> Route {
    Route(.get, path, takes: queryParameters, .feed(open))
  }

  /// A command of the JSON API, decided and committed in one transaction, and answered after it.
  ///
  /// An error rolls the transaction back. A POST may be repeated by its `Idempotency-Key`.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - path: the path, with `:name` for a part that varies.
  ///   - creates: whether it makes the journal larger for good. Such a command is refused while
  ///     the disk is nearly full; a command about an existing order is not.
  ///   - decide: decides the command in its transaction, and answers.
  public static func command(
    _ method: HTTPRequest.Method, _ path: String, creates: Bool = true,
    _ decide: @escaping @Sendable (Request, Transaction) throws -> Response
  ) -> Route {
    command(method, path, creates: creates, reading: { _ in }, { try decide($1, $2) })
  }

  /// A command whose JSON body has a type.
  ///
  /// The body is decoded before the transaction, and refused as in ``Request/json(_:)``. Refusals
  /// of the service's state and of the `Idempotency-Key` come before that refusal.
  ///
  /// ```swift
  /// .command(.post, "/api/carts/:id/checkout", body: WantedOrder.self) {
  ///   wanted, request, transaction in
  ///   ...
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - path: the path, with `:name` for a part that varies.
  ///   - creates: whether the command makes the journal larger permanently.
  ///   - body: the type of the body.
  ///   - decide: decides the command in its transaction, and answers.
  public static func command<Body: Decodable & Sendable>(
    _ method: HTTPRequest.Method, _ path: String, creates: Bool = true, body: Body.Type,
    _ decide: @escaping @Sendable (Body, Request, Transaction) throws -> Response
  ) -> Route {
    command(method, path, creates: creates, reading: { try $0.json(Body.self) }, decide)
  }

  /// A command that reads more of its request than the body.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - path: the path, with `:name` for a part that varies.
  ///   - creates: whether the command makes the journal larger permanently.
  ///   - read: reads the request before the transaction. Its error has the turn that a refused
  ///     body has.
  ///   - decide: decides the command in its transaction, and answers.
  public static func command<Input: Sendable>(
    _ method: HTTPRequest.Method, _ path: String, creates: Bool = true,
    reading read: @escaping @Sendable (Request) throws -> Input,
    _ decide: @escaping @Sendable (Input, Request, Transaction) throws -> Response
  ) -> Route {
    Route(
      method, path, mediaType: jsonType, creates: creates,
      .transaction { request in
        let keyed = try KeyedCommand(request)
        let input = Result { try read(request) }
        return { transaction in
          if let response = try keyed?.response(in: transaction) { return response }
          let response = try decide(try input.get(), request, transaction)
          try keyed?.remember(response, in: transaction)
          return response
        }
      })
  }

  /// POST of a form from one of this service's pages, decided and committed in one transaction.
  ///
  /// It answers with ``Response/seeOther(_:)``, and refuses a request from a page of another site.
  public static func form(
    _ path: String, creates: Bool = true,
    _ decide: @escaping @Sendable (Request, Transaction) throws -> Response
  ) -> Route {
    Route(
      .post, path, mediaType: formType, creates: creates,
      .transaction { request in { try decide(request, $0) } })
  }

  /// POST of a form whose fields have a type.
  ///
  /// - Parameters:
  ///   - path: the path, with `:name` for a part that varies.
  ///   - creates: whether the command makes the journal larger permanently.
  ///   - body: the type of the form, with a text for each field.
  ///   - decide: decides the command in its transaction, and answers.
  public static func form<Body: Decodable & Sendable>(
    _ path: String, creates: Bool = true, body: Body.Type,
    _ decide: @escaping @Sendable (Body, Request, Transaction) throws -> Response
  ) -> Route {
    Route(
      .post, path, mediaType: formType, creates: creates,
      .transaction { request in
        let fields = try request.form(Body.self)
        return { try decide(fields, request, $0) }
      })
  }
}

extension Route {
  /// Whether its response has no end of its own.
  var isStream: Bool {
    if case .feed = work { true } else { false }
  }

  /// The work that answers a request, after the checks that need no journal.
  func step(for request: Request) throws -> RouteStep {
    try admit(request)
    return switch work {
    case .feed(let open): .stream { try open(request, $0) }
    case .nothing(let response): .response(try response(request))
    case .snapshot(let response): .read { try response(request, $0) }
    case .transaction(let read): .write(run(try read(request), for: request))
    }
  }

  /// Refuses what no transaction is needed for.
  private func admit(_ request: Request) throws(Problem) {
    switch mediaType {
    case formType: _ = try request.form()
    case jsonType: try request.requireJSON()
    default: break
    }
  }

  /// A service whose history is in doubt decides nothing.
  private func run(_ decide: @escaping Decide, for request: Request) -> Decide {
    { transaction in
      try transaction.requireHistory()
      return try Correlation.$current.withValue(request.correlation) { try decide(transaction) }
    }
  }
}
