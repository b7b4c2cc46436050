import Events
import FoundationEssentials
import HTTPTypes
import Journal
import Logging
import NIOCore
import Runtime

/// Answers HTTP requests from a service's routes, and writes a log line for each.
///
/// It has its own routing: the same table answers in a simulation, and every response, refusals and
/// failures included, passes through one place that adds the request's id.
struct Responder: Sendable {
  var routes: [Route]
  /// The journal of the routes; nil where all of them are plain.
  var journal: ServiceJournal?
  var pages: PageTemplates?
  /// The time for which a request waits for a failure that passes, before it is answered with 503.
  var patience: @Sendable () -> Duration = { .seconds(10) }
  let runtime: RuntimeContext
  let logger: Logger
  var security: @Sendable () -> SecurityHeaders = { SecurityHeaders() }
  /// Takes the time of each request; nil where it is not counted.
  var metrics: ServiceMetrics?
  /// The places of streams.
  var streams = StreamPlaces()
  /// Records a span of each request; nil where none is exported.
  var tracer: ServiceTracer?
  /// The refusal of commands that create something, now; nil where they are accepted.
  var spaceProblem: @Sendable () async -> Problem? = { nil }

  /// The response to a request, with every header field but those of the connection.
  func respond(to incoming: IncomingRequest) async -> Response {
    let work = Correlation(incoming.head?.headers ?? [:], in: runtime)
    return await Correlation.$current.withValue(work) { await respond(to: incoming, in: work) }
  }

  private func respond(to incoming: IncomingRequest, in work: Correlation) async -> Response {
    let began = runtime.uptime()
    let request = Request(
      incoming.head?.method ?? .get, incoming.head?.pathAndQuery ?? "",
      headers: incoming.head?.headers ?? [:], body: Data(incoming.body.readableBytesView),
      correlation: work)
    let found = find(request)
    var response =
      if let refusal = incoming.refusal { await refuse(refusal, request: request) } else {
        await tracer.continuing(work) { await decide(found, request, from: incoming.peers.client) }
      }
    response.headers[.requestID] = work.requestID
    response.headers[.traceParent] = work.trace.description
    response.headers[.date] = runtime.now().httpDate
    security().add(to: &response)
    let time = runtime.uptime() - began
    if incoming.head != nil {
      metrics?.observe(
        request.method, route: (try? found.get())?.route.path, status: response.status.code,
        took: time)
      tracer?.record(request, route: try? found.get().route, status: response.status, took: time)
    }
    log(response, to: request, incoming: incoming, took: time)
    return response
  }

  private typealias Found = Result<(route: Route, request: Request), Problem>

  private func find(_ request: Request) -> Found {
    Result { () throws(Problem) in
      let (route, request) = try routes.find(request)
      return (route, request)
    }
  }

  private func decide(_ found: Found, _ request: Request, from client: String?) async -> Response {
    do {
      let (route, request) = try found.get()
      if route.creates, let problem = await spaceProblem() { throw problem }
      let step = try route.step(for: request)
      if case .stream(let begin) = step, let journal {
        return try await open(begin, of: journal, for: request, from: client)
      }
      guard let unreadable = route.unreadable else {
        return try await step.response(from: journal, patience: patience())
      }
      do {
        return try await step.response(from: journal, patience: min(patience(), .seconds(1)))
      } catch let failure as JournalError where failure.failureKind == .passes {
        return unreadable(request)
      }
    } catch let refusal as any ProblemRepresentable {
      return await refuse(refusal.problem, found: found, request: request)
    } catch is CancellationError {
      // The client has gone, or the time to stop is over: nothing is wrong here.
      logger.debug("\(request.method) \(request.shownPath) was given up")
      return await refuse(.givenUp, request: request)
    } catch {
      logger.error("\(request.method) \(request.shownPath) failed", error: error)
      return await refuse(Problem(error), request: request)
    }
  }

  /// Opens a stream, in a place among the others; HEAD needs none.
  private func open(
    _ begin: @escaping @Sendable (Snapshot) throws -> EventFeed, of journal: ServiceJournal,
    for request: Request, from client: String?
  ) async throws -> Response {
    let place = request.method == .head ? nil : try streams.take(for: client)
    let feed = try await journal.read(patience: patience(), begin)
    var response = EventFeed.head
    response.stream = place.map { OpenStream(feed, for: request, in: $0) }
    return response
  }

  /// Refuses on the form's own page, where the form has one.
  private func refuse(_ problem: Problem, found: Found, request: Request) async -> Response {
    if let (route, request) = try? found.get(), let page = route.page(of: problem, for: request),
      let response = try? await journal?.read(patience: patience(), page)
    {
      return response
    }
    return await refuse(problem, request: request)
  }

  private func refuse(_ problem: Problem, request: Request) async -> Response {
    guard request.wantsPage, let pages else { return .problem(problem, to: request) }
    return await besideEventLoops {
      guard var page = try? pages.problem(problem, requestID: request.correlation.requestID) else {
        return .problem(problem, to: request)
      }
      page.correlationID = problem.correlationID
      return page
    }
  }

  private func log(
    _ response: Response, to request: Request, incoming: IncomingRequest, took: Duration
  ) {
    var fields: Logger.Metadata = [:]
    if let work = response.correlationID { fields["labels.correlation_id"] = "\(work)" }
    if let notice = response.notice {
      let user = incoming.peers.credentials?.user
      var decision: Logger.Metadata = ["event.action": "decided"]
      if let user { decision["client.user.id"] = "\(user)" }
      logger.notice(
        "\(notice)\(user.map { ", by \(userName($0))" } ?? "")",
        metadata: fields.merging(decision) { $1 })
    }
    let level = incoming.head == nil ? .info : response.level(to: request)
    guard logger.logLevel <= level else { return }
    fields["event.action"] = "http-request"
    fields["event.duration"] = .stringConvertible(took.nanoseconds)
    fields["event.outcome"] = response.status.code < 400 ? "success" : "failure"
    fields["http.response.status_code"] = .stringConvertible(response.status.code)
    guard incoming.head != nil else {
      fields["client.address"] = "\(incoming.peers.client ?? "local")"
      let reason = incoming.refusal.map { " \($0.slug): \($0.detail)" } ?? ""
      return logger.log(
        level: level, "a connection without a request \(response.status.code)\(reason)",
        metadata: fields)
    }
    fields["http.request.method"] = "\(request.method.rawValue.cut(to: 200))"
    fields["url.path"] = "\(request.shownPath)"
    if let replaced = request.headers.replacedRequestID {
      fields["labels.replaced_request_id"] = "\(replaced)"
    }
    let method = request.method.rawValue.cut(to: 200)
    logger.log(
      level: level, "\(method) \(request.shownPath) \(response.status.code)", metadata: fields)
  }
}

extension Response {
  /// A success is for a search: what it changed has lines of its own.
  ///
  /// So is the refusal of a request that only reads, a probe, which comes every few seconds, and a
  /// response without a client that waits.
  fileprivate func level(to request: Request) -> Logger.Level {
    let isRead = request.method == .get || request.method == .head
    if status.code < (isRead ? 500 : 400) {
      return request.headers.replacedRequestID == nil ? .debug : .info
    }
    let isGivenUp = Task.isCancelled && status == .serviceUnavailable
    return probePaths.contains(request.path) || isGivenUp ? .debug : .info
  }
}

extension Request {
  /// The path as a log line has it.
  var shownPath: String { path.isEmpty ? "/" : path.cut(to: 500) }
}
