import Daemon
import Events
import FoundationEssentials
import Runtime

/// One request to a service on behalf of an operator, and the document that it answers.
struct OperatorRequest: Sendable {
  let client: ServiceClient
  /// Marks the work of a command in the service's log and in its records.
  let requestID: String

  init(_ client: ServiceClient, requestID: String? = nil) {
    self.client = client
    self.requestID = requestID ?? RuntimeContext.system.identifier().description
  }

  func get(_ path: String) async throws -> JSONValue {
    try await judged { try await client.get(path, headers: headers) }
  }

  func post(_ path: String, body: JSONValue? = nil) async throws -> JSONValue {
    let bytes = try body.map { try $0.json() }
    return try await judged { try await client.post(path, headers: headers, body: bytes) }
  }

  func delete(_ path: String) async throws -> JSONValue {
    try await judged { try await client.delete(path, headers: headers) }
  }

  /// The number of times that a command is sent.
  private static let attempts = 3

  /// Sends a command that acts once: where its answer is lost, or the service asks to wait, it is
  /// sent again with the same key.
  ///
  /// - Returns: the answer, also a refusal.
  /// - Throws: ``Failure`` for a service that is away.
  func command(_ path: String, body: JSONValue? = nil) async throws -> ServiceAnswer {
    let bytes = try body.map { try $0.json() }
    let key = RuntimeContext.system.identifier().description
    return try await reached {
      var attempt = 1
      while true {
        var pause = Duration.milliseconds(500)
        do {
          let answer = try await client.post(
            path, headers: headers.merging(["Idempotency-Key": key]) { $1 }, body: bytes)
          guard answer.status == 503, attempt < Self.attempts else { return answer }
          pause = min(answer.retryAfter ?? pause, .seconds(5))
        } catch  where attempt < Self.attempts && (error is Unreachable || error is Unanswered) {}
        attempt += 1
        await Latch().wait(atMost: pause)
        try Task.checkCancellation()
      }
    }
  }

  private var headers: [String: String] { ["X-Request-ID": requestID] }

  // Swift 6.3.1 crashes when it optimizes a coroutine into which these are inlined.
  /// - Throws: ``Failure``.
  @inline(never)
  private func judged(_ ask: () async throws -> ServiceAnswer) async throws -> JSONValue {
    try Self.document(of: try await reached(ask), from: client.service)
  }

  /// - Throws: ``Failure`` for a service that is away.
  @inline(never)
  private func reached(_ ask: () async throws -> ServiceAnswer) async throws -> ServiceAnswer {
    do {
      return try await ask()
    } catch let error as Unreachable {
      let other = client.addressOption.map { "or name its address with \($0)" }
      throw Failure(
        .unreachable, "\(error). Start it, \(other ?? "or correct the address").")
    } catch let error as Unanswered {
      throw Failure(.timedOut, "\(error)")
    }
  }

  /// - Throws: ``Failure`` 1, for a refusal or an answer that is not understood.
  static func document(of answer: ServiceAnswer, from service: String) throws(Failure)
    -> JSONValue
  {
    guard (200..<300).contains(answer.status) else {
      let problem = try? ProblemView(json: answer.body)
      throw Failure(
        .refused, "\(service) refused (\(answer.status)). \(problem?.sentence ?? "")")
    }
    guard let document = JSONValue(answer.body) else {
      throw Failure(.refused, "\(service) answered something that is not understood here")
    }
    return document
  }
}

extension String {
  /// The text as one part of a path.
  var inPath: String {
    let plain = Set("-._~".utf8)
    return utf8.map { byte in
      let isPlain = plain.contains(byte) || Character(UnicodeScalar(byte)).isLetterOrDigit
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
    }.joined()
  }
}

extension Character {
  fileprivate var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
