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
  let routes: [Route]
  /// The journal of the routes; nil where all of them are plain.
  var journal: ServiceJournal?
  var pages: PageTemplates?
  /// The time for which a request waits for a failure that passes, before it is answered with 503.
  var patience = Duration.seconds(10)
  let runtime: RuntimeContext
  let logger: Logger
  var security = SecurityHeaders()
  /// The refusal of commands that create something, now; nil where they are accepted.
  var spaceProblem: @Sendable () -> Problem? = { nil }

  /// The response to a request, with every header field but those of the connection.
  func respond(to incoming: IncomingRequest) async -> Response {
    let began = runtime.uptime()
    let headers = incoming.head?.headers ?? [:]
    let correlation = Correlation(headers, in: runtime)
    let request = Request(
      incoming.head?.method ?? .get, incoming.head?.pathAndQuery ?? "", headers: headers,
      body: Data(incoming.body.readableBytesView), correlation: correlation)
    var response =
      if let refusal = incoming.refusal { refuse(refusal, request: request) } else {
        await decide(request)
      }
    response.headers[.requestID] = correlation.requestID
    response.headers[.date] = runtime.now().httpDate
    security.add(to: &response)
    log(response, to: request, incoming: incoming, took: runtime.uptime() - began)
    return response
  }

  private func decide(_ request: Request) async -> Response {
    do {
      let (route, request) = try routes.find(request)
      if route.creates, let problem = spaceProblem() { throw problem }
      return try await route.step(for: request).response(from: journal, patience: patience)
    } catch let refusal as any ProblemRepresentable {
      return refuse(refusal.problem, request: request)
    } catch is CancellationError {
      // The client has gone, or the time to stop is over: nothing is wrong here.
      logger.debug(
        "\(request.method) \(request.shownPath) was given up",
        metadata: request.correlation.logFields)
      return refuse(.givenUp, request: request)
    } catch {
      logger.error(
        "\(request.method) \(request.shownPath) failed", error: error,
        metadata: request.correlation.logFields)
      return refuse(Problem(error), request: request)
    }
  }

  private func refuse(_ problem: Problem, request: Request) -> Response {
    if request.wantsPage, let pages,
      var page = try? pages.problem(problem, requestID: request.correlation.requestID)
    {
      page.correlationID = problem.correlationID
      return page
    }
    return .problem(problem, to: request)
  }

  private func log(
    _ response: Response, to request: Request, incoming: IncomingRequest, took: Duration
  ) {
    let correlation = request.correlation
    var fields = correlation.continuing(response.correlationID ?? correlation.id).logFields
    if let notice = response.notice {
      logger.notice("\(notice)", metadata: fields.merging(["event.action": "decided"]) { $1 })
    }
    fields["event.action"] = "http-request"
    fields["event.duration"] = .stringConvertible(took.nanoseconds)
    fields["http.response.status_code"] = .stringConvertible(response.status.code)
    guard incoming.head != nil else {
      fields["client.address"] = "\(incoming.peers.client ?? "local")"
      let reason = incoming.refusal.map { " \($0.slug): \($0.detail)" } ?? ""
      return logger.info(
        "a connection without a request \(response.status.code)\(reason)", metadata: fields)
    }
    fields["http.request.method"] = "\(request.method.rawValue.cut(to: 200))"
    fields["url.path"] = "\(request.shownPath)"
    // Probes come every few seconds, and have no information for a search; nor has a response
    // without a client that waits.
    let isGivenUp = Task.isCancelled && response.status == .serviceUnavailable
    let level: Logger.Level = probePaths.contains(request.path) || isGivenUp ? .debug : .info
    let method = request.method.rawValue.cut(to: 200)
    logger.log(
      level: level, "\(method) \(request.shownPath) \(response.status.code)", metadata: fields)
  }
}

extension Request {
  /// The path as a log line has it.
  fileprivate var shownPath: String { path.isEmpty ? "/" : path.cut(to: 500) }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
