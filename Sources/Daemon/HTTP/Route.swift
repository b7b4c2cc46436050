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
  /// The query parameters that it takes; any other one is refused with 422.
  public let queryParameters: [String]
  /// The media type of the body that it takes; nil where it needs no body.
  let mediaType: String?
  /// Whether it makes the journal larger: it is refused while the disk is nearly full.
  let creates: Bool
  let work: Work

  /// The needs of a handler.
  enum Work: Sendable {
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
    _ response: @escaping @Sendable (Request) throws -> Response
  ) -> Route {
    Route(.get, path, takes: queryParameters, .nothing(response))
  }

  /// GET, answered from one snapshot of committed data; for JSON and pages alike.
  ///
  /// - Parameter queryParameters: the query parameters that it takes, for example
  ///   `["state"] + .newestFirst`.
  public static func query(
    _ path: String, takes queryParameters: [String] = [],
    _ response: @escaping @Sendable (Request, Snapshot) throws -> Response
  ) -> Route {
    Route(.get, path, takes: queryParameters, .snapshot(response))
  }

  /// A command of the JSON API, decided and committed in one transaction, and answered after it.
  ///
  /// An error rolls the transaction back. A POST may be repeated by its `Idempotency-Key`.
  ///
  /// - Parameter creates: whether it makes the journal larger for good. Such a command is refused
  ///   while the disk is nearly full; a command about an existing order is not.
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
  ///   - creates: whether the command makes the journal larger permanently.
  ///   - body: the type of the body.
  public static func command<Body: Decodable & Sendable>(
    _ method: HTTPRequest.Method, _ path: String, creates: Bool = true, body: Body.Type,
    _ decide: @escaping @Sendable (Body, Request, Transaction) throws -> Response
  ) -> Route {
    command(method, path, creates: creates, reading: { try $0.json(Body.self) }, decide)
  }

  /// A command that reads more of its request than the body.
  ///
  /// - Parameters:
  ///   - creates: whether the command makes the journal larger permanently.
  ///   - read: reads the request before the transaction. Its error has the turn that a refused
  ///     body has.
  public static func command<Input: Sendable>(
    _ method: HTTPRequest.Method, _ path: String, creates: Bool = true,
    reading read: @escaping @Sendable (Request) throws -> Input,
    _ decide: @escaping @Sendable (Input, Request, Transaction) throws -> Response
  ) -> Route {
    Route(
      method, path, mediaType: jsonType, creates: creates,
      .transaction { request in
        let input = Result { try read(request) }
        return { transaction in
          try answerOnce(request, in: transaction) {
            try decide(try input.get(), request, transaction)
          }
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
  ///   - creates: whether the command makes the journal larger permanently.
  ///   - body: the type of the form, with a text for each field.
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
  /// The work that answers a request, after the checks that need no journal.
  func step(for request: Request) throws -> RouteStep {
    try admit(request)
    return switch work {
    case .nothing(let response): .response(try response(request))
    case .snapshot(let response): .read { try response(request, $0) }
    case .transaction(let read): .write(run(try read(request)))
    }
  }

  /// Refuses what no transaction is needed for.
  private func admit(_ request: Request) throws(Problem) {
    switch mediaType {
    case formType: _ = try request.form()
    case jsonType:
      try request.requireJSON()
      if method == .post { _ = try request.idempotencyKey() }
    default: break
    }
  }

  /// A service whose history is in doubt decides nothing.
  private func run(_ decide: @escaping Decide) -> Decide {
    { transaction in
      try transaction.requireHistory()
      return try decide(transaction)
    }
  }
}
