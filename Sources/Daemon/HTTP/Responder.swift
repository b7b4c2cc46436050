import Events
import FoundationEssentials
import HTTPTypes
import Journal
import Logging
import NIOCore

/// Answers HTTP requests from a service's routes, and writes a log line for each.
///
/// It routes by itself: the same table answers in a simulation, and every answer, refusals and
/// failures included, passes through one place that puts the request's id on it.
struct Responder: Sendable {
  let routes: [Route]
  /// What the routes are answered from; nil where all of them are plain.
  var journal: ServiceJournal?
  var pages: PageTemplates?
  /// How long a request waits for a failure that passes by itself, before it is answered with 503.
  var patience = Duration.seconds(10)
  let surroundings: Surroundings
  let logger: Logger
  var security = SecurityHeaders()
  /// Why nothing more may be stored now; nil where it may.
  var spaceProblem: @Sendable () -> Problem? = { nil }

  /// The answer to a request, with every header field but those of the connection.
  func respond(to request: IncomingRequest) async -> Answer {
    let began = surroundings.uptime()
    let headers = request.head?.headers ?? [:]
    let correlation = Correlation(headers, in: surroundings)
    let call = Call(
      request.head?.method ?? .get, request.head?.pathAndQuery ?? "", headers: headers,
      body: Data(request.body.readableBytesView), correlation: correlation)
    var answer =
      if let refusal = request.refusal { refuse(refusal, call) } else { await answer(call) }
    answer.headers[.requestID] = correlation.requestID
    answer.headers[.date] = surroundings.now().httpDate
    security.add(to: &answer)
    log(request, call, answer, took: surroundings.uptime() - began)
    return answer
  }

  private func answer(_ call: Call) async -> Answer {
    do {
      let (route, call) = try routes.find(call)
      if route.creates, let problem = spaceProblem() { throw problem }
      return try await route.step(for: call).answer(from: journal, patience: patience)
    } catch let refusal as any ProblemRepresentable {
      return refuse(refusal.problem, call)
    } catch is CancellationError {
      // The client has gone, or the time to stop is over: nothing is wrong here.
      logger.debug(
        "\(call.method) \(call.shownPath) was given up", metadata: call.correlation.logFields)
      return refuse(.givenUp, call)
    } catch {
      logger.error(
        "\(call.method) \(call.shownPath) failed", error: error,
        metadata: call.correlation.logFields)
      return refuse(Problem(error), call)
    }
  }

  private func refuse(_ problem: Problem, _ call: Call) -> Answer {
    if call.wantsPage, let pages,
      var page = try? pages.problem(problem, requestID: call.correlation.requestID)
    {
      page.correlationID = problem.correlationID
      return page
    }
    return .problem(problem, to: call)
  }

  private func log(
    _ request: IncomingRequest, _ call: Call, _ answer: Answer, took: Duration
  ) {
    let correlation = call.correlation
    var fields = correlation.continuing(answer.correlationID ?? correlation.id).logFields
    if let notice = answer.notice {
      logger.notice("\(notice)", metadata: fields.merging(["event.action": "decided"]) { $1 })
    }
    fields["event.action"] = "http-request"
    fields["event.duration"] = .stringConvertible(took.nanoseconds)
    fields["http.response.status_code"] = .stringConvertible(answer.status.code)
    guard request.head != nil else {
      fields["client.address"] = "\(request.peers.client ?? "local")"
      let reason = request.refusal.map { " \($0.slug): \($0.detail)" } ?? ""
      return logger.info(
        "a connection without a request \(answer.status.code)\(reason)", metadata: fields)
    }
    fields["http.request.method"] = "\(call.method.rawValue.cut(to: 200))"
    fields["url.path"] = "\(call.shownPath)"
    // Probes come every few seconds, and say nothing that others would look for; nor does an
    // answer that nobody waits for.
    let isGivenUp = Task.isCancelled && answer.status == .serviceUnavailable
    let level: Logger.Level = probePaths.contains(call.path) || isGivenUp ? .debug : .info
    let method = call.method.rawValue.cut(to: 200)
    logger.log(
      level: level, "\(method) \(call.shownPath) \(answer.status.code)", metadata: fields)
  }
}

extension Call {
  /// The path as a log line has it.
  fileprivate var shownPath: String { path.isEmpty ? "/" : path.cut(to: 500) }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
