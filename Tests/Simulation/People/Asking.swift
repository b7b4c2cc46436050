import Daemon
import Events
import FoundationEssentials
import HTTPTypes
import Runtime

/// A request of a person, and what is to be made of the answer.
struct Ask {
  var method = HTTPRequest.Method.get
  var target: String
  var json: String?
  var key: String?
  var ifMatch: Int64?
  /// The X-Request-ID.
  var request: String
  var isLost = false
  var occasion = Occasion.request
}

/// The answer.
struct Reaction: CustomStringConvertible {
  let status: Int
  let body: JSONValue

  var description: String { "\(status) \(body.text)" }

  /// The service could not answer.
  var isUnavailable: Bool { status >= 500 }
}

extension World {
  /// Sends a request to a service; nil comes back when no answer does.
  func ask(_ service: Service, _ ask: Ask, then: @escaping (Reaction?) throws -> Void) {
    var isAnswered = false
    let finish: (Reaction?) throws -> Void = { [self] reaction in
      guard !isAnswered else { return }
      isAnswered = true
      trace.note(
        "people", about: ask.tags,
        "\(ask.method) \(ask.target) as \(ask.request): \(reaction.map { "\($0.status)" } ?? "-")")
      try then(reaction)
    }
    plan(after: .seconds(5)) { try finish(nil) }
    plan(after: 300) { [self] in
      guard let process = replica(of: service) else {
        return plan(after: 300) { try finish(nil) }
      }
      process.later(0) { [self] in
        try process.answer(call(ask, process.node.machine), at: ask.occasion) { [self] answer in
          guard !ask.isLost else { return }
          let reaction = Reaction(
            status: answer.status.code,
            body: (try? JSONDecoder().decode(JSONValue.self, from: answer.body)) ?? .null)
          try checker.answers(ask, reaction, process.node)
          plan(after: 300) { try finish(reaction) }
        }
      }
    }
  }

  func call(_ ask: Ask, _ machine: Machine) -> Request {
    var headers: HTTPFields = [:]
    if ask.json != nil { headers[.contentType] = "application/json" }
    if let key = ask.key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
    if let version = ask.ifMatch { headers[.ifMatch] = "\"\(version)\"" }
    return Request(
      ask.method, ask.target, headers: headers, body: Data((ask.json ?? "").utf8),
      correlation: .request(ask.request, trace: .random(in: machine.runtime)))
  }
}

extension Ask {
  fileprivate var tags: [String] { target.split(separator: "/").map(String.init) }
}

extension JSONValue {
  /// With sorted keys: requests must be the same in every run.
  var text: String {
    (try? self.json()).map { String(decoding: $0, as: UTF8.self) } ?? "no JSON"
  }

  var int: Int64? { if case .integer(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var array: [JSONValue] { if case .array(let values) = self { values } else { [] } }
  var identifier: Identifier? { string.flatMap { Identifier($0) } }
}
