public import Events
import HTTPTypes
import Journal

extension Problem {
  /// 400: the request cannot be read at all.
  public static func badRequest(
    _ slug: String, detail: String, remedy: String, members: [String: JSONValue] = [:]
  ) -> Problem {
    Problem(.badRequest, slug: slug, detail: detail, remedy: remedy, members: members)
  }

  /// 403: the caller may not do this.
  public static func forbidden(
    _ slug: String, detail: String, remedy: String, members: [String: JSONValue] = [:]
  ) -> Problem {
    Problem(.forbidden, slug: slug, detail: detail, remedy: remedy, members: members)
  }

  /// 404: there is no such thing.
  public static func notFound(
    _ slug: String, detail: String, remedy: String, members: [String: JSONValue] = [:]
  ) -> Problem {
    Problem(.notFound, slug: slug, detail: detail, remedy: remedy, members: members)
  }

  /// 409: the state of the thing forbids it.
  public static func conflict(
    _ slug: String, detail: String, remedy: String, members: [String: JSONValue] = [:]
  ) -> Problem {
    Problem(.conflict, slug: slug, detail: detail, remedy: remedy, members: members)
  }

  /// 412: the caller's picture of the thing (`If-Match`) is old.
  public static func preconditionFailed(
    _ slug: String, detail: String, remedy: String, members: [String: JSONValue] = [:]
  ) -> Problem {
    Problem(.preconditionFailed, slug: slug, detail: detail, remedy: remedy, members: members)
  }

  /// 422: it can be read, and is wrong.
  public static func unprocessable(
    _ slug: String, detail: String, remedy: String, members: [String: JSONValue] = [:]
  ) -> Problem {
    Problem(.unprocessableContent, slug: slug, detail: detail, remedy: remedy, members: members)
  }

  /// 422 for one field of the body or the query, which `path` names in the document.
  public static func invalid(_ path: String, detail: String, remedy: String) -> Problem {
    .unprocessable(
      "invalid-field", detail: detail, remedy: remedy, members: ["path": .string(path)])
  }

  /// 428: the caller must name the state that it has seen (`If-Match`).
  public static func preconditionRequired(
    _ slug: String, detail: String, remedy: String, members: [String: JSONValue] = [:]
  ) -> Problem {
    Problem(.preconditionRequired, slug: slug, detail: detail, remedy: remedy, members: members)
  }

  /// 503: not now; the response has the time of the next attempt.
  ///
  /// - Parameters:
  ///   - slug: the kind of the problem.
  ///   - detail: the sentence for people.
  ///   - remedy: the sentence about what helps.
  ///   - seconds: `Retry-After`, whole seconds.
  ///   - members: further members of the document.
  public static func unavailable(
    _ slug: String, detail: String, remedy: String, retryAfter seconds: Int = 1,
    members: [String: JSONValue] = [:]
  ) -> Problem {
    Problem(
      .serviceUnavailable, slug: slug, detail: detail, remedy: remedy, members: members,
      headers: [.retryAfter: String(seconds)])
  }
}

// The shell's own refusals.
extension Problem {
  static func unsupportedMediaType(_ type: String, needed: String) -> Problem {
    Problem(
      .unsupportedMediaType, slug: "unsupported-media-type",
      detail: type.isEmpty
        ? "The body has no Content-Type." : "The Content-Type is \(type.cut(to: 200)).",
      remedy: "Send the body with Content-Type: \(needed).")
  }

  static func undecodable(_ problem: DecodingProblem) -> Problem {
    .invalid(
      problem.path,
      detail: problem.detail,
      remedy: "Correct the field, and send the request again.")
  }

  static let bodyTooLarge = Problem(
    .contentTooLarge, slug: "body-too-large", detail: "The body has more than 65,536 bytes.",
    remedy: "Send at most 64 KiB.")

  static let givenUp = Problem.unavailable(
    "given-up", detail: "The request was given up before it was answered.", remedy: "Send it again."
  )

  static func noSuchPath(_ path: String) -> Problem {
    .notFound(
      "no-such-path", detail: "There is nothing at \(path.cut(to: 200)).",
      remedy: "Look for the path in the README, and at the port: each service has its own.")
  }

  static func methodNotAllowed(_ method: HTTPRequest.Method, allowed: String) -> Problem {
    Problem(
      .methodNotAllowed, slug: "method-not-allowed",
      detail: "\(method.rawValue.cut(to: 200)) is not possible here.",
      remedy: "Use \(allowed).", headers: [.allow: allowed])
  }

  /// The problem for an error that no handler expected.
  ///
  /// The sentence of the error stays in the log: it may contain internal information.
  init(_ error: any Error) {
    switch error {
    case let refusal as any ProblemRepresentable: self = refusal.problem
    case is CancellationError: self = .givenUp
    case let loss as HistoryLost:
      self = .unavailable(
        "history-lost", detail: "A part of this service's own history is lost.", remedy: "\(loss)",
        retryAfter: 60)
    case let failure as JournalError where failure.failureKind == .passes:
      // The sentences name the file and the process in the way, and no SQL.
      self = .unavailable(
        "\(failure.code)", detail: "\(failure.summary).", remedy: failure.remedy, retryAfter: 2)
    case let failure as JournalError where failure.code == .commit:
      self = .unavailable(
        "\(failure.code)",
        detail: "The answer to the commit was lost: the command may have taken effect, or not.",
        remedy: """
          Send it again with the same Idempotency-Key: it takes effect once. Without one, look first \
          whether it has taken effect.
          """, retryAfter: 5)
    case let failure as JournalError where !failure.isOfTheWork:
      self = .unavailable(
        "journal-failed", detail: "The service cannot reach its journal, and stops.",
        remedy: "Try again; if it lasts, look at the service's log.", retryAfter: 5)
    default:
      self = Problem(
        .internalServerError, slug: "unexpected", detail: "The service has made a mistake.",
        remedy: "Search its log for the request id, and report what you find.")
    }
  }
}

extension DecodingProblem {
  /// A whole sentence: some problems are the end of one, and some quote the request.
  fileprivate var detail: String {
    let subject = path.isEmpty ? "The body" : "The field \(path)"
    return sentence.hasPrefix("is ") ? "\(subject) \(sentence)." : "\(subject): \(sentence)."
  }
}
