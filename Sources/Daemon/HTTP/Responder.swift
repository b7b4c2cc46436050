import Events
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Journal
import Logging
import NIOCore

/// Answers HTTP requests from a service's routes, and writes a log line for each.
///
/// It routes by itself: the same table answers in a simulation, and every answer, refusals and
/// failures included, passes through one place that puts the request's id on it.
struct Responder: HTTPResponder {
  typealias Context = BasicRequestContext

  let routes: [Route]
  let journal: ServiceJournal
  let pages: PageTemplates?
  /// How long a request waits for what passes by itself, before it is answered with 503.
  var patience = Duration.seconds(10)
  let surroundings: Surroundings
  let logger: Logger

  func respond(to request: Request, context: Context) async throws -> Response {
    let began = surroundings.uptime()
    let correlation = Correlation(request.headers, in: surroundings)
    var answer = try await answer(to: request, correlation)
    answer.headers[.requestID] = correlation.requestID
    log(request.head, answer, correlation, took: surroundings.uptime() - began)
    let isEmpty = request.method == .head || answer.status == .noContent
    var response = Response(
      status: answer.status, headers: answer.headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: isEmpty ? Data() : answer.body)))
    if request.method == .head {
      response.headers[.contentLength] = String(answer.body.count)
    }
    return response
  }

  private func answer(to request: Request, _ correlation: Correlation) async throws -> Answer {
    let empty = call(request, Data(), correlation)
    do {
      let body = try await request.body.collect(upTo: maxBodyBytes)
      return await answer(call(request, Data(body.readableBytesView), correlation))
    } catch is NIOTooManyBytesError {
      return refuse(.bodyTooLarge, empty)
    }
  }

  private func call(_ request: Request, _ body: Data, _ correlation: Correlation) -> Call {
    var headers = request.headers
    // In HTTP/1.1 the parsed request keeps the host apart.
    headers[.host] = request.head.authority
    return Call(
      request.method, request.head.path ?? "/", headers: headers, body: body,
      correlation: correlation)
  }

  private func answer(_ call: Call) async -> Answer {
    do {
      let (route, call) = try routes.find(call)
      return try await route.answer(call, from: journal, patience: patience)
    } catch let problem as Problem {
      return refuse(problem, call)
    } catch is CancellationError {
      // The client has gone, or the time to stop is over: nothing is wrong here.
      logger.debug(
        "\(call.method) \(call.path) was given up", metadata: call.correlation.logFields)
      return refuse(.givenUp, call)
    } catch {
      logger.error(
        "\(call.method) \(call.path) failed", error: error, metadata: call.correlation.logFields)
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
    _ head: HTTPRequest, _ answer: Answer, _ correlation: Correlation, took: Duration
  ) {
    let path = head.path?.split(separator: "?", maxSplits: 1).first.map(String.init) ?? "/"
    var fields = correlation.continuing(answer.correlationID ?? correlation.id).logFields
    if let notice = answer.notice {
      logger.notice("\(notice)", metadata: fields.merging(["event.action": "decided"]) { $1 })
    }
    fields["event.action"] = "http-request"
    fields["event.duration"] = .stringConvertible(took.nanoseconds)
    fields["http.request.method"] = "\(head.method.rawValue)"
    fields["http.response.status_code"] = .stringConvertible(answer.status.code)
    fields["url.path"] = "\(path)"
    // Probes come every few seconds, and say nothing that others would look for; nor does an
    // answer that nobody waits for.
    let isGivenUp = Task.isCancelled && answer.status == .serviceUnavailable
    let level: Logger.Level = probePaths.contains(path) || isGivenUp ? .debug : .info
    logger.log(
      level: level, "\(head.method.rawValue) \(path) \(answer.status.code)", metadata: fields)
  }
}

/// The largest body that is read, 64 KiB.
private let maxBodyBytes = 64 * 1024

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
