import Events
import HTTPTypes
import NIOCore
import NIOHTTP1

// The refusals by the rules of HTTP, before a route is chosen.
extension Problem {
  static func malformedRequest(_ detail: String) -> Problem {
    .badRequest(
      "malformed-request", detail: detail, remedy: "Send a request of HTTP/1.1 (RFC 9112).")
  }

  /// A request that the parser refuses.
  ///
  /// - Parameter isTLS: whether the connection began with the first byte of a TLS handshake.
  static func unreadable(_ error: HTTPParserError, isTLS: Bool) -> Problem {
    if isTLS {
      return .badRequest(
        "tls-on-plain-port",
        detail: "The connection begins with TLS, and this port serves plain HTTP.",
        remedy: "Use http:// here, or the address of the proxy that ends TLS.")
    }
    switch error {
    case .headerOverflow:
      return Problem(
        .requestHeaderFieldsTooLarge, slug: "header-too-large",
        detail: "The header of the request has more than 80 KiB or 256 fields.",
        remedy: "Send a smaller header.")
    case .invalidVersion:
      return Problem(
        HTTPResponse.Status(code: 505), slug: "http-version",
        detail: "The request is not HTTP/1.1.",
        remedy: "Send a request of HTTP/1.1.")
    case .invalidEOFState:
      return .malformedRequest("The connection ended before the request did.")
    default: return .malformedRequest("The request cannot be read as HTTP (\(error)).")
    }
  }

  /// - Parameter cause: the obstacle of the start, a sentence with a remedy.
  static func starting(_ cause: String) -> Problem {
    .unavailable(
      "starting", detail: "The service is starting, and waits: \(cause)",
      remedy: "Try again when /readyz answers 200.")
  }

  /// The rest of a request has not arrived at a service that stops.
  static let stopping = Problem.unavailable(
    "stopping", detail: "The service stops, and the request did not arrive whole in time.",
    remedy: "Send it again.")

  static func targetTooLong(_ limit: Int) -> Problem {
    Problem(
      .uriTooLong, slug: "target-too-long",
      detail: "The target of the request has more than \(limit) bytes.",
      remedy: "Send a shorter path and query.")
  }

  static func misdirected(_ authority: String, service: String) -> Problem {
    Problem(
      .misdirectedRequest, slug: "misdirected-request",
      detail: "This service is not called \(authority.quoted).",
      remedy: """
        Use http://127.0.0.1 and its port; or, where the service is reached under that name, add \
        the name to \(service).http.names.
        """)
  }

  /// - Parameter finding: the field that shows that the request comes from elsewhere.
  static func foreignOrigin(_ finding: String, service: String) -> Problem {
    .forbidden(
      "foreign-origin", detail: "The request comes from a page of another site: \(finding).",
      remedy: """
        Open this service's own page, and do it there; or, where that page is reached under \
        another name, add the name to \(service).http.names.
        """)
  }

  static func unknownTransferCoding(_ coding: String) -> Problem {
    Problem(
      .notImplemented, slug: "unknown-transfer-coding",
      detail: "The Transfer-Encoding \(coding.quoted) is not known.",
      remedy: "Send the body with a Content-Length, or with Transfer-Encoding: chunked.")
  }

  static func unknownExpectation(_ expectation: String) -> Problem {
    Problem(
      .expectationFailed, slug: "unknown-expectation",
      detail: "The Expect \(expectation.quoted) is not known.",
      remedy: "Leave it out, or send Expect: 100-continue.")
  }

  static func unsupportedCoding(_ coding: String) -> Problem {
    Problem(
      .unsupportedMediaType, slug: "unsupported-content-coding",
      detail: "The body has the Content-Encoding \(coding.quoted).",
      remedy: "Send the body as it is.",
      headers: [.acceptEncoding: "identity"])
  }

  static func timeout(_ part: String, limit: TimeAmount) -> Problem {
    Problem(
      .requestTimeout, slug: "request-timeout",
      detail:
        "The \(part) of the request did not come within \(limit.nanoseconds / 1_000_000_000) s.",
      remedy: "Send the request again.")
  }

  static func tooManyConnections(ofClient isClient: Bool) -> Problem {
    .unavailable(
      "too-many-connections",
      detail: isClient
        ? "This client has as many busy connections as one client may have."
        : "All connections are busy.", remedy: "Try again; send several requests on a connection.")
  }

  static func tooManyStreams(ofClient isClient: Bool) -> Problem {
    .unavailable(
      "too-many-streams",
      detail: isClient
        ? "This client has as many open streams as one client may have."
        : "All places of streams are taken.",
      remedy: "Close a stream that is not needed, or read the list in its place.", retryAfter: 5)
  }

  /// - Parameter wait: after how many seconds a command is accepted again.
  static func tooManyCommands(_ service: String, wait: Int) -> Problem {
    Problem(
      .tooManyRequests, slug: "too-many-commands",
      detail: "This client sends more commands than \(service).http.rates permits.",
      remedy: "Wait, and send the command again.", headers: [.retryAfter: String(wait)])
  }

  static func diskNearlyFull(_ service: String) -> Problem {
    .unavailable(
      "disk-nearly-full", detail: "The disk of this service's journal is nearly full.",
      remedy: "Make space there, or lower \(service).disk.reserve; then try again.", retryAfter: 30)
  }

  static func malformedQuery(_ error: FormText.Malformed) -> Problem {
    switch error {
    case .text:
      .badRequest(
        "malformed-query", detail: "The query of the address cannot be read.",
        remedy: "Write it as name=value pairs with & between, percent-encoded in UTF-8.")
    case .repeated(let name):
      .invalid(
        name.cut(to: 200), detail: "The parameter \(name.quoted) is there more than once.",
        remedy: "Send it once.")
    }
  }

  static func malformedForm(_ error: FormText.Malformed) -> Problem {
    switch error {
    case .text:
      .badRequest(
        "not-a-form", detail: "The body is not a form.",
        remedy: "Send the form again from its page.")
    case .repeated(let name):
      .invalid(
        name.cut(to: 200), detail: "The field \(name.quoted) is there more than once.",
        remedy: "Send the form again from its page.")
    }
  }

  static func unknownParameter(_ name: String, of path: String, known: [String]) -> Problem {
    .unprocessable(
      "unknown-parameter", detail: "\(name.quoted) is not a parameter of \(path.cut(to: 200)).",
      remedy: known.isEmpty
        ? "Leave it out: there are none here."
        : "Use one of \(known.joined(separator: ", ")).",
      members: [
        "path": .string(name.cut(to: 200)), "parameters": .array(known.map(JSONValue.string)),
      ])
  }
}
