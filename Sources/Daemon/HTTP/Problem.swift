public import Events
public import HTTPTypes

/// The refusal of a request: an RFC 9457 problem document, `application/problem+json`.
///
/// Programs use ``slug``, which never changes; the other members are for people.
public struct Problem: Error, Hashable, Sendable {
  /// The status.
  public var status: HTTPResponse.Status
  /// The kind of problem, the last part of `type`: `urn:eventually:problem:<slug>`.
  public var slug: String
  /// The kind of problem for people; made from the slug.
  public var title: String
  /// The error of this request, one sentence.
  public var detail: String
  /// The remedy, one sentence.
  public var remedy: String
  /// Further members of the document, for example the `orderId`.
  public var members: [String: JSONValue]
  /// Header fields that go with it, for example `Retry-After`.
  public var headers: HTTPFields
  /// The id of the work to which the refused request belongs, for its log line; nil when it belongs
  /// to none but its own.
  public var correlationID: String?

  /// A problem.
  ///
  /// The constructors are named after the statuses, and document their use.
  public init(
    _ status: HTTPResponse.Status, slug: String, detail: String, remedy: String,
    members: [String: JSONValue] = [:], headers: HTTPFields = [:]
  ) {
    self.status = status
    self.slug = slug
    let words = slug.split(separator: "-").joined(separator: " ")
    title = words.prefix(1).uppercased() + words.dropFirst()
    // It may repeat input of any length and kind.
    self.detail = detail.quoted(upTo: 2000)
    self.remedy = remedy
    self.members = members
    self.headers = headers
  }

  /// The same problem, met in the work that another request began: an order that was decided the
  /// other way belongs to the work that captured it.
  public func continuing(_ correlationID: String) -> Problem {
    var problem = self
    problem.correlationID = correlationID
    return problem
  }

  /// The `type` of the document.
  public var type: String { "urn:eventually:problem:\(slug)" }

  /// The document as a value.
  ///
  /// - Parameter requestID: the id of the refused request.
  func document(requestID: String?) -> JSONValue {
    var document = members
    document["type"] = .string(type)
    document["title"] = .string(title)
    document["status"] = .integer(Int64(status.code))
    document["detail"] = .string(detail)
    document["remedy"] = .string(remedy)
    document["requestId"] = requestID.map(JSONValue.string)
    return .object(document)
  }
}

/// An error that is a refusal, and not a failure: a room's rules refuse in words of the domain, and
/// its API states the problem that each refusal is for the client.
public protocol ProblemRepresentable: Error {
  /// The problem document that answers the request.
  var problem: Problem { get }
}

extension Problem: ProblemRepresentable {
  /// The problem itself.
  public var problem: Problem { self }
}

extension Problem: CustomStringConvertible {
  /// The status, the detail and the remedy in one line.
  public var description: String { "\(status.code) \(slug): \(detail) \(remedy)" }
}
