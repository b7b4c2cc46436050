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

  private var headers: [String: String] { ["X-Request-ID": requestID] }

  /// - Throws: ``Failure``.
  private func judged(_ ask: () async throws -> ServiceAnswer) async throws -> JSONValue {
    do {
      return try Self.document(of: try await ask(), from: client.service)
    } catch let error as Unreachable {
      throw Failure(
        .unreachable, "\(error). Start it, or name its address with --\(client.service) URL.")
    } catch let error as Unanswered {
      throw Failure(.timedOut, "\(error)")
    }
  }

  /// - Throws: ``Failure`` 1, for a refusal or an answer that is not understood.
  static func document(of answer: ServiceAnswer, from service: Service) throws(Failure)
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
