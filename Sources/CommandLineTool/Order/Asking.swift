import Daemon
import Events
import FoundationEssentials

extension Patience {
  /// Repeats a request to a service until it gets the expected response.
  ///
  /// - Parameters:
  ///   - client: the client of the service.
  ///   - purpose: the expected result, in the words of the error's sentence.
  ///   - further: the end of that sentence: the state of the work, and the command for a look at it.
  ///   - graceful: whether to wait a moment for a service that does not answer.
  ///   - awaits: statuses that mean “not yet”, beside 503.
  ///   - until: whether a response is the expected one.
  ///   - asking: sends one request, by a client that waits no longer than the rest of this patience.
  /// - Throws: ``Failure``.
  func ask<Value: Decodable & Sendable>(
    _ client: ServiceClient, purpose: String, further: String, graceful: Bool = true,
    awaits: Set<Int> = [], until: (Value) -> Bool = { _ in true },
    asking: (ServiceClient) async throws -> ServiceAnswer
  ) async throws -> Value {
    var silence: Unanswered?
    do {
      let found = try await untilFound(graceful: graceful) {
        do {
          let answer = try await asking(client.within(self))
          silence = nil
          return try judge(answer, of: client.service, awaits: awaits, until: until)
        } catch let error as Unanswered {
          silence = error
          return .notYet
        }
      }
      if let found { return found }
      throw Failure(
        .timedOut,
        """
        timed out after \(limit.inSeconds), waiting for \(purpose)\
        \(silence.map { "; \($0)" } ?? ""). \(further)
        """)
    } catch let error as Unreachable {
      throw Failure(
        .unreachable,
        "\(error). Start the services with `eventually up`, or name them. \(further)")
    }
  }

  private func judge<Value: Decodable>(
    _ answer: ServiceAnswer, of service: String, awaits: Set<Int>, until: (Value) -> Bool
  ) throws -> Look<Value> {
    switch answer.status {
    case 200..<300:
      guard let value = try? Value(json: answer.body) else {
        throw Failure(.refused, "\(service) sent an answer that this version cannot read")
      }
      return until(value) ? .found(value) : .notYet
    case 503: return .later(answer.retryAfter ?? .milliseconds(200))
    case let status where awaits.contains(status): return .notYet
    default:
      let problem = try? ProblemView(json: answer.body)
      let sentence = problem?.sentence ?? ""
      throw Failure(.refused, "\(service) refused (\(answer.status)). \(sentence)")
    }
  }
}

extension OrderWork {
  /// Repeats a request about the order until it gets the expected response.
  ///
  /// - Parameters:
  ///   - order: the order, if there is one already.
  ///   - isCheckout: whether an order may exist that is not known here.
  /// - Throws: ``Failure``.
  func ask<Value: Decodable & Sendable>(
    _ client: ServiceClient, purpose: String, graceful: Bool = true, order: String? = nil,
    isCheckout: Bool = false, awaits: Set<Int> = [], until: (Value) -> Bool = { _ in true },
    asking: (ServiceClient) async throws -> ServiceAnswer
  ) async throws -> Value {
    try await patience.ask(
      client, purpose: purpose, further: isCheckout ? unsure : further(order), graceful: graceful,
      awaits: awaits, until: until, asking: asking)
  }

  /// A checkout without an answer.
  private var unsure: String {
    "Whether the order is captured is not known; \(trace(wish.requestID)) shows it."
  }

  /// The command for a further look, once an order exists.
  private func further(_ order: String?) -> String {
    guard let order else { return "Nothing was ordered." }
    return """
      The order is captured and goes on by itself. To look: curl \
      \(alpha.address)/api/orders/\(order), or \(trace(order)).
      """
  }

  /// The command that shows all events of an id; it finds the services by their folder and not by
  /// their ports.
  private func trace(_ id: String) -> String {
    let usual = ServiceAddress(Service.alpha.address(base: Service.defaultPortBase))
    return alpha.address == usual
      ? "`eventually trace \(id)`"
      : "`eventually trace \(id) --state DIR` (the DIR of `eventually up`)"
  }
}
