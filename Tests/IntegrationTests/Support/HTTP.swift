import Foundation
import FoundationNetworking

/// A service's answer.
struct HTTPAnswer: Sendable, CustomStringConvertible {
  let status: Int
  let headers: [String: String]
  let body: Data

  /// The body as JSON; null where it is none.
  var json: JSON { (try? JSON(body)) ?? .null }

  /// A header field; its name in any case.
  func header(_ name: String) -> String? {
    headers.first { $0.key.caseInsensitiveCompare(name) == .orderedSame }?.value
  }

  var description: String {
    "\(status) \(String(decoding: body.prefix(2000), as: UTF8.self))"
  }
}

/// The HTTP API of one service, as a client calls it.
///
/// ```swift
/// let answer = try await alpha.http.post("/api/orders/\(id)/approve")
/// #expect(answer.status == 200)
/// ```
struct HTTPClient: Sendable {
  /// For example `http://127.0.0.1:3991`.
  let base: String

  private static let session: URLSession = {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = 20
    configuration.httpMaximumConnectionsPerHost = 32
    configuration.httpShouldSetCookies = false
    return URLSession(configuration: configuration)
  }()

  func get(_ target: String, headers: [String: String] = [:]) async throws -> HTTPAnswer {
    try await send("GET", target, headers: headers)
  }

  func post(_ target: String, _ body: JSON? = nil, headers: [String: String] = [:]) async throws
    -> HTTPAnswer
  {
    try await send("POST", target, body: body?.data, headers: headers)
  }

  func put(_ target: String, _ body: JSON, headers: [String: String] = [:]) async throws
    -> HTTPAnswer
  {
    try await send("PUT", target, body: body.data, headers: headers)
  }

  /// Sends any request.
  ///
  /// A body is sent as JSON unless the headers name another type.
  func send(
    _ method: String, _ target: String, body: Data? = nil, headers: [String: String] = [:]
  ) async throws -> HTTPAnswer {
    guard let url = URL(string: base + target) else { throw URLError(.badURL) }
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body
    if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await Self.session.data(for: request)
    guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
    let fields = response.allHeaderFields.compactMap { name, value in
      (name as? String).map { ($0, String(describing: value)) }
    }
    return HTTPAnswer(
      status: response.statusCode, headers: Dictionary(fields) { $1 }, body: data)
  }
}
